package server

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mcpserver "github.com/mark3labs/mcp-go/server"

	"github.com/kommo-mcp/kommo-mcp/internal/testclock"
)

// writeCertificate puts a certificate for 127.0.0.1 with that serial number, and its
// key, where files says.
func writeCertificate(t *testing.T, files TLSFiles, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{files.Cert: {Type: "CERTIFICATE", Bytes: der}, files.Key: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(name+".new", pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Fatal(err)
		}
	}
}

// serial is that of the certificate which the server shows, over that version of TLS
// at most.
func serial(t *testing.T, addr string, version uint16) (int64, error) {
	t.Helper()
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MaxVersion: version, MinVersion: tls.VersionTLS10}} // the certificate is what is looked at
	conn, err := dialer.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

// TestTLS: renewals are taken up without a restart, a broken one leaves the former in
// use, and nothing older than TLS 1.2 is spoken.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	files := TLSFiles{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	writeCertificate(t, files, 1)
	var log bytes.Buffer
	ctx, stop := context.WithCancel(t.Context())
	h, err := Listen(ctx, "127.0.0.1:0", mcpserver.NewMCPServer("test", "1"), Web{
		Edge: Edge{TLS: &files}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- h.Serve(ctx) }()
	addr := h.listener.Addr().String()
	want := func(n int64) {
		t.Helper()
		if got, err := serial(t, addr, 0); err != nil || got != n {
			t.Errorf("certificate %d, %v; want %d", got, err, n)
		}
	}
	want(1)
	if !strings.HasPrefix(h.URL(), "https://127.0.0.1:") {
		t.Errorf("URL %s", h.URL())
	}
	for version, ok := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		if _, err := serial(t, addr, version); (err == nil) != ok {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	res, err := client.Get("https://" + addr + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.ProtoMajor != 2 {
		t.Errorf("spoke %s", res.Proto)
	}
	client.CloseIdleConnections()
	writeCertificate(t, files, 2)
	want(2)
	if err := os.WriteFile(files.Cert, []byte("half a certifica"), 0o600); err != nil {
		t.Fatal(err)
	}
	want(2)
	want(2)
	writeCertificate(t, files, 3)
	want(3)
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if got := strings.Count(log.String(), "the former stays in use"); got != 1 {
		t.Errorf("the broken certificate is told %d times: %s", got, log.String())
	}
}

// TestAnEndingCertificateIsToldOf: at the start, then once a day while handshakes come.
func TestAnEndingCertificateIsToldOf(t *testing.T) {
	dir := t.TempDir()
	files := TLSFiles{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	writeCertificate(t, files, 1)
	var log bytes.Buffer
	clock := testclock.At(time.Now()) // it ends within the hour
	config, err := files.tlsConfig(slog.New(slog.NewTextHandler(&log, nil)), clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	for i, wait := range []time.Duration{0, 23 * time.Hour, time.Hour, 24 * time.Hour} {
		clock.Advance(wait)
		for range 2 {
			if _, err := config.GetCertificate(&tls.ClientHelloInfo{}); err != nil {
				t.Fatal(err)
			}
		}
		if told := strings.Count(log.String(), "level=WARN"); told != []int{1, 1, 2, 3}[i] {
			t.Errorf("after %s more it was told of %d times", wait, told)
		}
	}
	early := testclock.At(time.Now().Add(-15 * 24 * time.Hour))
	log.Reset()
	if _, err := files.tlsConfig(slog.New(slog.NewTextHandler(&log, nil)), early.Now); err != nil || log.Len() > 0 {
		t.Errorf("%v %s", err, log.String())
	}
	other := TLSFiles{Cert: files.Cert, Key: filepath.Join(dir, "other.pem")}
	writeCertificate(t, TLSFiles{Cert: filepath.Join(dir, "unused.pem"), Key: other.Key}, 2)
	if _, err := other.tlsConfig(slog.New(slog.DiscardHandler), time.Now); err == nil {
		t.Error("a key of another certificate is taken")
	}
}

func TestTLSFilesAreReadAtTheStart(t *testing.T) {
	_, err := Listen(t.Context(), "127.0.0.1:0", mcpserver.NewMCPServer("test", "1"), Web{Edge: Edge{TLS: &TLSFiles{Cert: "none", Key: "none"}}})
	if err == nil || !strings.Contains(err.Error(), "TLS certificate") {
		t.Errorf("%v", err)
	}
}
