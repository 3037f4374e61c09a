package incoming_test

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// chat lets somebody unknown write in a messenger, which makes an incoming lead,
// and returns its uid.
func (r *rig) chat() string {
	r.Helper()
	account, err := r.Names.Account(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	scope := sandbox.DemoChannelID + "_" + account.AmojoID
	r.signed(sandbox.DemoChannelID+"/connect", fmt.Sprintf(`{"account_id":%q,"hook_api_version":"v2"}`, account.AmojoID))
	r.signed(scope, `{"event_type":"new_message","payload":{"timestamp":1795176000,"msec_timestamp":1795176000123,"msgid":"m-1","conversation_id":"c-1",
		"sender":{"id":"u-1","name":"Ann Chatter"},"message":{"type":"text","text":"Hello"}}}`)
	for _, row := range r.waiting() {
		if row["category"] == "chat" {
			return row["uid"].(string)
		}
	}
	r.Fatal("no chat waits")
	return ""
}

// signed sends a request of the channel to the Chats API.
func (r *rig) signed(path, body string) {
	r.Helper()
	path = "/v2/origin/custom/" + path
	sum := md5.Sum([]byte(body))
	digest := hex.EncodeToString(sum[:])
	date := time.Now().UTC().Format("Mon, 02 Jan 2006 15:04:05 ") + "+0000"
	mac := hmac.New(sha1.New, []byte(sandbox.DemoChannelSecret))
	_, _ = mac.Write([]byte(strings.Join([]string{http.MethodPost, digest, "application/json", date, path}, "\n")))
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	req.Host = "amojo.kommo.com"
	for key, value := range map[string]string{
		"Content-Type": "application/json", "Content-MD5": digest, "Date": date, "X-Signature": hex.EncodeToString(mac.Sum(nil)),
	} {
		req.Header.Set(key, value)
	}
	rec := httptest.NewRecorder()
	r.Box.ServeHTTP(rec, req)
	if rec.Code != http.StatusOK {
		r.Fatalf("%s: %d %s", path, rec.Code, rec.Body)
	}
}
