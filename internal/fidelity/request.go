package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5"  //nolint:gosec // the Chats API signs with MD5 and SHA-1, which is not ours to choose
	"crypto/sha1" //nolint:gosec // as above
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// request asks the sandbox and checks the status.
func (b *box) request(ctx context.Context, a *ask) ([]byte, error) {
	req, err := b.build(ctx, a)
	if err != nil {
		return nil, err
	}
	client := &http.Client{}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	want := a.status
	if want == 0 {
		want = http.StatusOK
	}
	if res.StatusCode != want {
		return nil, fmt.Errorf("%s %s answered %d, not %d: %.200s", a.method, req.URL.Path, res.StatusCode, want, body)
	}
	return body, nil
}

func (b *box) build(ctx context.Context, a *ask) (*http.Request, error) {
	path, payload := a.path, []byte(nil)
	if a.body != nil {
		raw, err := json.Marshal(a.body)
		if err != nil {
			return nil, err
		}
		payload = raw
	}
	for name, value := range b.words {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
		quoted := []byte(strconv.Quote(value))
		if _, err := strconv.ParseInt(value, 10, 64); err == nil {
			quoted = []byte(value)
		}
		payload = bytes.ReplaceAll(payload, []byte(`"{`+name+`}"`), quoted)
	}
	if !a.root {
		path = "/api/v4" + path
	}
	req, err := http.NewRequestWithContext(ctx, a.method, b.srv.URL+path, bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	req.Host = sandbox.DefaultHost
	req.Header.Set("Content-Type", "application/json")
	if a.signed {
		sign(req, payload)
	}
	if !a.root && !a.anonymous {
		req.Header.Set("Authorization", "Bearer "+b.token)
	}
	return req, nil
}

// sign signs a request to the Chats API (Kommo API facts: request signing).
func sign(req *http.Request, body []byte) {
	sum := md5.Sum(body) //nolint:gosec // prescribed
	digest, date := hex.EncodeToString(sum[:]), time.Now().UTC().Format(time.RFC1123Z)
	mac := hmac.New(sha1.New, []byte(channelSecret))
	mac.Write([]byte(strings.Join([]string{req.Method, digest, req.Header.Get("Content-Type"), date, req.URL.Path}, "\n")))
	req.Header.Set("Content-MD5", digest)
	req.Header.Set("Date", date)
	req.Header.Set("X-Signature", hex.EncodeToString(mac.Sum(nil)))
}
