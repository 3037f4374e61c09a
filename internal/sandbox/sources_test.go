package sandbox

import (
	"fmt"
	"testing"
)

func TestSourceExternalIDIsUnique(t *testing.T) {
	g := newRig(t)
	g.get("/sources").want(204)
	r := g.post("/sources", `[{"name":"Site","external_id":"site","request_id":"r"}]`).want(200)
	r.eq("r", "_embedded", "sources", 0, "request_id")
	id := int64(r.rows("sources")[0]["id"].(float64))
	g.post("/sources", `[{"name":"Other","external_id":"site"}]`).want(400).eq("SourceAlreadyExists", "validation-errors", 0, "errors", 0, "code")
	g.get("/sources?filter[external_id]=site").want(200).eq(id, "_embedded", "sources", 0, "id")
	g.get("/sources?filter[external_id]=none").want(204)
	path := fmt.Sprintf("/sources/%d", id)
	g.patch(path, `{"name":"Website","default":true}`).want(200).eq("Website", "name")
	g.get(path).want(200).eq(true, "default")
	lead := g.made("leads", "/leads", `[{"name":"x","_embedded":{"source":{"external_id":"site","type":"widget"}}}]`)[0]
	g.get(fmt.Sprintf("/leads/%d?with=source_id", lead)).want(200).eq(id, "source_id")
	g.do("DELETE", "/sources", fmt.Sprintf(`[{"id":%d}]`, id)).want(204)
	g.get(path).want(404)
	g.del(path).want(404)
}
