package kommo

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// driveStub is a Drive that takes parts of three bytes and says where the next
// one goes.
type driveStub struct {
	mu    sync.Mutex
	hosts []string
	parts []string
	types []string
	next  string // address of the part after the first
}

func (d *driveStub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	d.hosts = append(d.hosts, r.Host+" "+r.Header.Get("Authorization"))
	switch {
	case r.URL.Path == "/v1.0/sessions":
		answer(200, "application/json", `{"session_id":7,"upload_url":"https://drive-c.kommo.com/v1.0/up/1?k=a%2Fb","max_file_size":10,"max_part_size":3}`)(w, r)
		return
	case len(body) < 3:
		answer(200, "application/json", `{"uuid":"u-1","version_uuid":"v-1","name":"a.txt","size":4,"_links":{"download":{"href":"https://x.io/d"}}}`)(w, r)
	default:
		answer(202, "application/json", `{"session_id":7,"next_url":"`+d.next+`"}`)(w, r)
	}
	d.parts = append(d.parts, r.URL.RequestURI()+" "+string(body))
	d.types = append(d.types, r.Header.Get("Content-Type"))
}

func TestUploadGoesInParts(t *testing.T) {
	stub := &driveStub{next: "https://drive-c.kommo.com/v1.0/up/2"}
	c := clientFor(t, stub)
	drive := must(c.Files.Drive("https://drive-c.kommo.com"))(t)
	file, made, err := drive.Upload(t.Context(), NewFile{Name: "a.txt"}, []byte("abcd"))
	if err != nil || !made || file.UUID != "u-1" || file.DownloadURL() != "https://x.io/d" {
		t.Fatalf("got %+v, %v, %v", file, made, err)
	}
	if got := strings.Join(stub.parts, "; "); got != "/v1.0/up/1?k=a%2Fb abc; /v1.0/up/2 d" {
		t.Errorf("parts: %s", got)
	}
	for i, kind := range stub.types {
		if kind != "application/octet-stream" {
			t.Errorf("part %d went as %s", i, kind)
		}
	}
	for _, host := range stub.hosts {
		if host != "drive-c.kommo.com Bearer "+secretToken {
			t.Errorf("a request went to %s", host)
		}
	}
}

// The next part's address comes from an answer: the token must not follow it away.
func TestUploadStaysOnTheDrive(t *testing.T) {
	strangers := 0
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strangers++ }))
	defer stranger.Close()
	for _, next := range []string{
		stranger.URL + "/x", "https://drive-b.kommo.com/x", "http://drive-c.kommo.com/x", "https://u@drive-c.kommo.com/x",
		"https://drive-c.kommo.com.evil.example/x", "/v1.0/up/2", "",
	} {
		stub := &driveStub{next: next}
		drive := must(clientFor(t, stub).Files.Drive("https://drive-c.kommo.com"))(t)
		_, made, err := drive.Upload(t.Context(), NewFile{Name: "a.txt"}, []byte("abcd"))
		if !HasCode(err, CodeRedirect) || made || len(stub.parts) != 1 || strangers != 0 {
			t.Errorf("%q: %v, made %v, %d parts, %d at strangers", next, err, made, len(stub.parts), strangers)
		}
	}
}

func TestDriveHosts(t *testing.T) {
	onLoopback := clientFor(t, http.NotFoundHandler())
	account := must(ParseAccount("acme"))(t)
	live := New(account, fixedToken(secretToken))
	for _, tc := range []struct {
		c    *Client
		raw  string
		dial string // empty: refused
		host string
	}{
		{live, "https://drive-c.kommo.com", "https://drive-c.kommo.com", "drive-c.kommo.com"},
		{live, "https://Drive-B.amocrm.ru:443/", "https://drive-b.amocrm.ru", "drive-b.amocrm.ru"},
		{live, "https://drive.kommo.com", "https://drive.kommo.com", "drive.kommo.com"},
		{live, "http://drive-c.kommo.com", "", ""},
		{live, "https://evil.kommo.com", "", ""},
		{live, "https://drive-c.kommo.com.evil.example", "", ""},
		{live, "https://drive-c.evil.example", "", ""},
		{live, "https://user@drive-c.kommo.com", "", ""},
		{live, "https://drive-c.kommo.com:8443", "", ""},
		{live, "https://drive-c.kommo.com/somewhere", "", ""},
		{live, "http://127.0.0.1:8080", "", ""},
		{live, "", "", ""},
		{onLoopback, "https://drive-c.kommo.com", onLoopback.base.String(), "drive-c.kommo.com"},
		{onLoopback, onLoopback.base.String(), onLoopback.base.String(), onLoopback.base.Host},
		{onLoopback, "http://127.0.0.1:1", "", ""},
		{onLoopback, "https://evil.example", "", ""},
	} {
		d, err := tc.c.Files.Drive(tc.raw)
		switch {
		case tc.dial == "" && err == nil:
			t.Errorf("%q was not refused", tc.raw)
		case tc.dial != "" && err != nil:
			t.Errorf("%q was refused: %v", tc.raw, err)
		case err == nil && (d.at.base.String() != tc.dial || d.at.host != tc.host):
			t.Errorf("%q dials %s as %s", tc.raw, d.at.base, d.at.host)
		}
	}
}

// A redirect on Drive may lead to Drive only, the account's own host included.
func TestDriveRedirects(t *testing.T) {
	seen := 0
	c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		seen++
		w.Header().Set("Location", "https://acme.kommo.com/v1.0/files/u-1")
		w.WriteHeader(302)
	}))
	drive := must(c.Files.Drive("https://drive-c.kommo.com"))(t)
	if _, err := drive.Get(t.Context(), "u-1"); !HasCode(err, CodeRedirect) || seen != 1 {
		t.Errorf("got %v after %d requests", err, seen)
	}
}

// An upload that breaks before its last part has made no file.
func TestUploadSaysWhetherAFileMayExist(t *testing.T) {
	for _, tc := range []struct {
		fail int // the request that gets a broken answer
		made bool
		code Code
	}{{1, false, CodeUnknownOutcome}, {2, false, CodeUnknownOutcome}, {3, true, CodeUnknownOutcome}} {
		stub, n := &driveStub{next: "https://drive-c.kommo.com/v1.0/up/2"}, 0
		c := clientFor(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if n++; n == tc.fail {
				answer(504, "text/html", "<html>")(w, r)
				return
			}
			stub.ServeHTTP(w, r)
		}))
		drive := must(c.Files.Drive("https://drive-c.kommo.com"))(t)
		_, made, err := drive.Upload(t.Context(), NewFile{Name: "a.txt"}, []byte("abcd"))
		if made != tc.made || !HasCode(err, tc.code) || n != tc.fail {
			t.Errorf("request %d broken: made %v, %v after %d requests", tc.fail, made, err, n)
		}
	}
}

func TestFilesOfCards(t *testing.T) {
	c, r := recorded(t, `{"_embedded":{"files":[{"id":9,"file_uuid":"u-1"}]}}`, `{}`, "", "")
	links := must(c.Files.ListOf(t.Context(), Leads, 5, 12, 20))(t)
	if len(links) != 1 || links[0] != (FileLink{ID: 9, FileUUID: "u-1"}) {
		t.Errorf("links read as %+v", links)
	}
	if err := c.Files.Attach(t.Context(), Leads, 5, []string{"u-1"}); err != nil {
		t.Error(err)
	}
	if err := c.Files.Detach(t.Context(), Contacts, 6, []string{"u-1"}); err != nil {
		t.Error(err)
	}
	r.want(t, get("/leads/5/files", "before_id=12&limit=20"),
		asked{Method: "PUT", Path: "/leads/5/files", Body: `[{"file_uuid":"u-1"}]`},
		asked{Method: "DELETE", Path: "/contacts/6/files", Body: `[{"file_uuid":"u-1"}]`})
}

func TestDriveListCounts(t *testing.T) {
	c, r := recorded(t, `{"_count":3,"_embedded":{"files":[{"uuid":"a"},{"uuid":"b"}]}}`, `{"_count":3,"_embedded":{"files":[{"uuid":"c"}]}}`, "")
	drive := must(c.Files.Drive("https://drive-c.kommo.com"))(t)
	first := must(drive.List(t.Context(), FileFilter{ListOptions: ListOptions{Limit: 2}, Term: "x", UUIDs: []string{"a", "b"}}))(t)
	second := must(drive.List(t.Context(), FileFilter{ListOptions: ListOptions{Page: 2, Limit: 2}}))(t)
	if !first.HasNext || second.HasNext || len(first.Items) != 2 {
		t.Errorf("pages: %+v, %+v", first, second)
	}
	if _, err := drive.Get(t.Context(), "gone"); !HasCode(err, CodeNotFound) {
		t.Errorf("a file that is not there: %v", err)
	}
	r.want(t, get("/v1.0/files", "filter[term]=x&filter[uuid]=a,b&limit=2"), get("/v1.0/files", "limit=2&page=2"), get("/v1.0/files/gone", ""))
}

func TestWebhookEventsInBothForms(t *testing.T) {
	for raw, want := range map[string]string{
		`{"settings":{"status_lead":1,"add_lead":1}}`: "add_lead status_lead", `{"settings":["b","a"]}`: "b a", `{"settings":[]}`: "",
	} {
		var h Webhook
		if err := json.Unmarshal([]byte(raw), &h); err != nil || strings.Join(h.Events, " ") != want {
			t.Errorf("%s reads as %v, %v", raw, h.Events, err)
		}
	}
}

func TestOriginHolds(t *testing.T) {
	at := origin{base: &url.URL{Scheme: "http", Host: "127.0.0.1:9"}, host: "drive-c.kommo.com"}
	for raw, want := range map[string]bool{
		"http://127.0.0.1:9/x": true, "https://drive-c.kommo.com/x": true, "https://DRIVE-c.kommo.com/x": true,
		"http://drive-c.kommo.com/x": false, "https://127.0.0.1:9/x": false, "https://acme.kommo.com/x": false, "/x": false,
	} {
		u, err := url.Parse(raw)
		if err != nil || at.holds(u) != want {
			t.Errorf("%s: %v, want %v", raw, at.holds(u), want)
		}
	}
}
