package sandbox

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestFileIsUploadedInPartsAndAttached(t *testing.T) {
	g := newRig(t)
	data := strings.Repeat("a", maxPartSize) + "tail"
	open := g.post("//v1.0/sessions", fmt.Sprintf(`{"file_name":"plan b.pdf","file_size":%d,"content_type":"application/pdf"}`, len(data))).want(200)
	open.eq(maxPartSize, "max_part_size")
	part := func(url any, body string) reply {
		return g.do("POST", "/"+strings.TrimPrefix(url.(string), "https://drive-c.kommo.com"), body, "Content-Type", "application/octet-stream", "Authorization", "")
	}
	first := part(open.at("upload_url"), data[:maxPartSize]).want(202)
	part(open.at("upload_url"), "tail").want(404)
	part(first.at("next_url"), "too long for what was announced").want(400)
	file := part(first.at("next_url"), "tail").want(200)
	file.eq(len(data), "size")
	file.eq("plan_b.pdf", "sanitized_name")
	uuid := file.at("uuid").(string)

	g.get("//v1.0/files?filter[term]=PLAN").want(200).eq(1, "_count")
	g.get("//v1.0/files/stats").want(200).eq(len(data), "used")
	g.get("//v1.0/files/"+uuid).want(200).eq("pdf", "metadata", "extension")
	g.patch("//v1.0/files/"+uuid, `{"name":"final.pdf"}`).want(200).eq("final.pdf", "name")
	author := `{"id":1,"type":"user"}`
	g.patch("//v1.0/files/"+uuid, fmt.Sprintf(`{"uuid":%q,"name":"final.pdf","created_by":%s,"updated_by":%s,"request_id":"0"}`, uuid, author, author)).want(200)
	g.patch("//v1.0/files/"+uuid, `{"uuid":"another"}`).want(400)
	link := file.at("_links", "download", "href").(string)
	if got := g.get("/" + strings.TrimPrefix(link, "https://drive-c.kommo.com")).want(200); string(got.raw) != data {
		t.Errorf("downloaded %d bytes, want %d", len(got.raw), len(data))
	}

	lead := g.made("leads", "/leads", `[{"name":"x"}]`)[0]
	path := fmt.Sprintf("/leads/%d/files", lead)
	body := fmt.Sprintf(`[{"file_uuid":%q}]`, uuid)
	g.get(path).want(204)
	g.do("PUT", path, body).want(200)
	g.get(path).want(200).eq(uuid, "_embedded", "files", 0, "file_uuid")
	g.get("/files/"+uuid+"/links").want(200).eq(lead, "_embedded", "links", 0, "entity_id")
	g.do("DELETE", path, body).want(202)
	g.get(path).want(204)
	g.do("PUT", path, `[{"file_uuid":"nope"}]`).want(400)
	g.do("DELETE", "//v1.0/files", fmt.Sprintf(`[{"uuid":%q}]`, uuid)).want(204)
	g.get("//v1.0/files").want(204)
}

// The drive host is no account's: the token tells which account it is.
func TestDriveKnowsTheAccountByTheToken(t *testing.T) {
	g := newRig(t, WithAccount("second.kommo.com", Blank()))
	g.host = "drive-c.kommo.com"
	r := g.post("//v1.0/sessions", `{"file_name":"a.txt","file_size":3}`).want(200)
	if u := r.at("upload_url").(string); !strings.HasPrefix(u, "https://drive-c.kommo.com/v1.0/") {
		t.Errorf("upload_url %s", u)
	}
	g.token = g.s.Token("second.kommo.com")
	g.get("//v1.0/files/stats").want(200).eq(0, "used")
	g.token = ""
	g.get("//v1.0/files").want(401)
	g.token = g.s.TokenWith("second.kommo.com", TokenOptions{Scopes: []string{"crm", "files"}})
	g.do("DELETE", "//v1.0/files", `[{"uuid":"x"}]`).want(403)
}

// A client that uses the listener's address must not be sent to the real Drive.
func TestDriveURLFollowsTheCaller(t *testing.T) {
	g := newRig(t)
	g.get("/account?with=drive_url").want(200).eq("https://drive-c.kommo.com", "drive_url")
	g.s = New(WithoutRateLimit(), WithAccount(DefaultHost, Blank()))
	a := g.s.accounts[0]
	req := httptest.NewRequestWithContext(t.Context(), "GET", "http://127.0.0.1:18080/api/v4/account?with=drive_url", nil)
	req.Header.Set("Authorization", "Bearer "+g.s.Token(a.host))
	w := httptest.NewRecorder()
	g.s.ServeHTTP(w, req)
	reply{t: t, status: w.Code, raw: w.Body.Bytes()}.want(200).eq("http://127.0.0.1:18080", "drive_url")
}
