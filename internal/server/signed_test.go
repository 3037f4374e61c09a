package server_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/server"
)

func mac(h func() hash.Hash, key, text string) []byte {
	m := hmac.New(h, []byte(key))
	m.Write([]byte(text))
	return m.Sum(nil)
}

func hexMAC(key, text string) string { return hex.EncodeToString(mac(sha256.New, key, text)) }

// signed is a post as a platform signs it at a moment (voice platform facts).
type signed struct {
	platform, file string
	sign           func(key, body string, at time.Time) (header []string)
	ages           bool // the signature names its time
	inBody         func(key, body string) string
}

// aircallPost has its token in the body.
func aircallPost() signed {
	return signed{
		platform: "aircall", file: "aircall_ended.json", sign: func(string, string, time.Time) []string { return nil },
		inBody: func(key, body string) string { return strings.Replace(body, `"token":"t"`, `"token":"`+key+`"`, 1) },
	}
}

func signedPosts(public string) []signed {
	return []signed{
		{"vapi", "vapi_inbound.json", func(key, _ string, _ time.Time) []string { return []string{"Authorization", "Bearer " + key} }, false, nil},
		{"retell", "retell_ended.json", func(key, body string, at time.Time) []string {
			ms := fmt.Sprint(at.UnixMilli())
			return []string{"X-Retell-Signature", "v=" + ms + ",d=" + hexMAC(key, body+ms)}
		}, true, nil},
		{"elevenlabs", "elevenlabs_inbound.json", func(key, body string, at time.Time) []string {
			s := fmt.Sprint(at.Unix())
			return []string{"ElevenLabs-Signature", "t=" + s + ",v0=" + hexMAC(key, s+"."+body)}
		}, true, nil},
		{"bland", "bland_outbound.json", func(key, body string, _ time.Time) []string {
			return []string{"X-Webhook-Signature", hexMAC(key, body)}
		}, false, nil},
		{"synthflow", "synthflow_completed.json", func(key, _ string, _ time.Time) []string {
			return []string{"Synthflow-Signature", base64.StdEncoding.EncodeToString(mac(sha256.New, key, "c1"))}
		}, false, nil},
		{"twilio", "twilio_completed.form", func(key, body string, _ time.Time) []string {
			return signTwilio(key, public+server.CallsEndpoint+"/twilio", body)
		}, false, nil},
	}
}

// signTwilio signs the address as well.
func signTwilio(key, address, body string) (header []string) {
	form, _ := url.ParseQuery(body)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		address += name + form.Get(name)
	}
	return []string{"X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac(sha1.New, key, address)), "Content-Type", "application/x-www-form-urlencoded"}
}

// TestSignedPostsAreTaken: each platform's own signature lets its post in, at the
// public address and without the access key; another body under it, another key
// and an old signature do not.
func TestSignedPostsAreTaken(t *testing.T) {
	const public, key = "https://crm.example.com", "wsec_canary-hook-secret"
	base, _ := url.Parse(public)
	w := openWeb(t, func(o *server.Web) {
		o.AccessKey, o.PublicURL = "canary-access-key", base
		for _, s := range signedPosts(public) {
			o.Secrets[s.platform] = key
		}
	})
	for _, s := range signedPosts(public) {
		body := strings.TrimSpace(sample(t, s.file))
		path, now := server.CallsEndpoint+"/"+s.platform, w.Clock.Now()
		host := []string{"Host", "crm.example.com"}
		w.wants(s.platform+" with another key", 401, "code", "unauthorized", http.MethodPost, path, body, append(s.sign("other", body, now), host...)...)
		if s.ages {
			w.wants(s.platform+", stale", 401, "message", "old", http.MethodPost, path, body, append(s.sign(key, body, now.Add(-time.Hour)), host...)...)
		}
		w.wants(s.platform, 200, "status", "accepted", http.MethodPost, path, body, append(s.sign(key, body, now), host...)...)
	}
	aircall := openWeb(t, func(o *server.Web) { o.AccessKey, o.PublicURL, o.Secrets["aircall"] = "canary-access-key", base, "t" })
	aircall.wants("aircall", 200, "status", "accepted", http.MethodPost, server.CallsEndpoint+"/aircall", sample(t, "aircall_ended.json"))
}
