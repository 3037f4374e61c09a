package sandbox

import (
	"net/http"
	"slices"
)

// fileLink attaches a file to a card.
type fileLink struct {
	ID       int64
	On       ref
	FileUUID string
}

func fileLinks(a *account) *table[fileLink] { return tableFor[fileLink](a, "file-links", 2_400_001) }

func fileLinkRoutes() []route {
	const path = "/{entity:leads|contacts|companies|customers}/{id:int}/files"
	return []route{
		{Method: "GET", Path: path, Do: listFileLinks, Scope: "files", Query: []string{"before_id"}},
		{Method: "PUT", Path: path, Do: attachFiles, Scope: "files"},
		{Method: "DELETE", Path: path, Do: detachFiles, Scope: "files"},
		{Method: "GET", Path: "/files/{uuid}/links", Do: linksOfFile, Scope: "files"},
	}
}

// target is the card of the path, or the refusal.
func (c *call) target() (ref, *answer) {
	r := ref{c.args["entity"], c.id("id")}
	if !c.a.has(r.entity, r.id) {
		return r, new(problem(http.StatusNotFound, "Entity not found"))
	}
	return r, nil
}

// listFileLinks has the newest first and pages with before_id.
func listFileLinks(c *call) answer {
	on, bad := c.target()
	if bad != nil {
		return *bad
	}
	_, limit := paging{}.page(c.q)
	before := c.q.ids("before_id")
	out := []object{}
	for _, l := range slices.Backward(slices.Collect(c.a.linksOn(on))) {
		if len(out) < limit && (len(before) == 0 || l.ID < before[0]) {
			out = append(out, object{"file_uuid": l.FileUUID, "id": l.ID})
		}
	}
	if len(out) == 0 {
		return noContent()
	}
	return ok(object{"_links": c.self(cardPath(on.entity, on.id) + "/files"), "_embedded": object{"files": out}})
}

func (a *account) linksOn(on ref) func(yield func(*fileLink) bool) {
	return func(yield func(*fileLink) bool) {
		for _, l := range fileLinks(a).all() {
			if l.On == on && !yield(l) {
				return
			}
		}
	}
}

func attachFiles(c *call) answer {
	on, b, bad := c.filesOf()
	if bad != nil {
		return *bad
	}
	out := []object{}
	for _, it := range b {
		uuid, _ := it.str("file_uuid")
		out = append(out, object{"file_uuid": uuid, "id": c.a.attach(on, uuid).ID})
	}
	return ok(object{"_total_items": len(out), "_embedded": object{"files": out}})
}

// attach is for seeds and for PUT; attaching twice changes nothing.
func (a *account) attach(on ref, uuid string) *fileLink {
	for l := range a.linksOn(on) {
		if l.FileUUID == uuid {
			return l
		}
	}
	l := &fileLink{ID: fileLinks(a).alloc(), On: on, FileUUID: uuid}
	fileLinks(a).put(l.ID, l)
	return l
}

// filesOf reads [{"file_uuid":…}] and the card of the path.
func (c *call) filesOf() (ref, batch, *answer) {
	on, bad := c.target()
	if bad != nil {
		return on, nil, bad
	}
	b, bad := c.parseMany(schema{
		{name: "id", kind: intKind},
		{name: "file_uuid", kind: stringKind, required: true, check: func(c *call, v any) string {
			if uuid, _ := v.(string); c.a.fileNamed(uuid) == nil {
				return codeNotSupported
			}
			return ""
		}},
	}, maxBatch)
	if bad != nil {
		return on, nil, bad
	}
	return on, b, b.refused()
}

func detachFiles(c *call) answer {
	on, b, bad := c.filesOf()
	if bad != nil {
		return *bad
	}
	for _, it := range b {
		uuid, _ := it.str("file_uuid")
		for l := range c.a.linksOn(on) {
			if l.FileUUID == uuid {
				fileLinks(c.a).del(l.ID)
			}
		}
	}
	return answer{status: http.StatusAccepted}
}

func linksOfFile(c *call) answer {
	out := []object{}
	for _, l := range fileLinks(c.a).all() {
		if l.FileUUID == c.args["uuid"] {
			out = append(out, object{"id": l.ID, "file_uuid": l.FileUUID, "entity_id": l.On.id, "entity_type": l.On.entity})
		}
	}
	if len(out) == 0 {
		return noContent()
	}
	return ok(object{"_embedded": object{"links": out}})
}
