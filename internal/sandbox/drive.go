package sandbox

import (
	"fmt"
	"net/http"
	"net/netip"
	"path"
	"slices"
	"strings"
)

// driveFile is one file of the account's Drive.
type driveFile struct {
	ID, CreatedAt, UpdatedAt int64
	CreatedBy                int64
	UUID, Name               string
	Trashed                  bool
	Versions                 []driveVersion // oldest first, never empty
	Current                  int            // index into Versions
}

type driveVersion struct {
	UUID, Mime string
	Size       int64
	CreatedAt  int64
	Data       []byte // nil for files that came with the seed
}

func driveFiles(a *account) *table[driveFile] {
	return tableFor[driveFile](a, "drive-files", 9_100_001)
}

// fileNamed finds a file by its UUID, nil when there is none.
func (a *account) fileNamed(uuid string) *driveFile {
	for _, f := range driveFiles(a).all() {
		if f.UUID == uuid {
			return f
		}
	}
	return nil
}

const driveLimit = int64(5) << 30

// driveRoutes lie on the drive host, where the token tells the account (Kommo API
// facts: files).
func driveRoutes() []route {
	return slices.Concat(uploadRoutes(), []route{
		{Method: "GET", Path: "/v1.0/files", Do: listFiles, Root: true, Scope: "files", Query: fileFilters()},
		{Method: "GET", Path: "/v1.0/files/stats", Do: driveStats, Root: true, Scope: "files"},
		{Method: "GET", Path: "/v1.0/files/{uuid}", Do: getFile, Root: true, Scope: "files"},
		{Method: "PATCH", Path: "/v1.0/files/{uuid}", Do: patchFile, Root: true, Scope: "files"},
		{Method: "GET", Path: "/v1.0/files/{uuid}/versions", Do: listVersions, Root: true, Scope: "files"},
		{Method: "DELETE", Path: "/v1.0/files", Do: trashFiles(true), Root: true, Scope: "files_delete"},
		{Method: "POST", Path: "/v1.0/files/restore", Do: trashFiles(false), Root: true, Scope: "files"},
		{Method: "GET", Path: "/download/{account:int}/{uuid}/{version}/{name}", Do: download, Root: true, AnyHost: true, NoLock: true},
	}, fileLinkRoutes())
}

func fileFilters() []string {
	return []string{
		"filter[uuid]", "filter[name]", "filter[extensions]", "filter[term]", "filter[source_id]", "filter[deleted]",
		"filter[size][from]", "filter[size][to]", "filter[date][from]", "filter[date][to]", "filter[created_by]",
	}
}

// driveBase is where the caller reaches Drive: the listener itself for callers that
// use its address, else the drive host.
func (c *call) driveBase() string {
	host := hostname(c.r.Host)
	if _, err := netip.ParseAddr(host); err == nil || host == "localhost" {
		return "http://" + c.r.Host
	}
	return c.a.profile.driveURL
}

func (c *call) readFile(f *driveFile) object {
	v := f.Versions[f.Current]
	base := c.driveBase()
	one := func(version, name string) link {
		return link{Href: fmt.Sprintf("%s/download/%d/%s/%s/%s", base, c.a.id, f.UUID, version, name)}
	}
	author := object{"id": f.CreatedBy, "type": "user"}
	return object{
		"id": f.ID, "uuid": f.UUID, "version_uuid": v.UUID, "name": f.Name, "sanitized_name": sanitizedName(f.Name),
		"size": v.Size, "type": fileKind(v.Mime), "is_trashed": f.Trashed, "has_multiple_versions": len(f.Versions) > 1,
		"metadata": object{"extension": strings.TrimPrefix(path.Ext(f.Name), "."), "mime_type": v.Mime},
		"previews": []any{}, "source_id": nil, "created_at": f.CreatedAt, "created_by": author,
		"updated_at": f.UpdatedAt, "updated_by": author, "deleted_at": nil, "deleted_by": nil,
		"_links": object{
			"self":     link{Href: base + "/v1.0/files/" + f.UUID},
			"download": one("latest", sanitizedName(f.Name)), "download_version": one(v.UUID, sanitizedName(f.Name)),
		},
	}
}

// sanitizedName keeps what is safe in a URL.
func sanitizedName(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
}

func fileKind(mime string) string {
	kind, _, _ := strings.Cut(mime, "/")
	if slices.Contains([]string{"image", "video", "audio"}, kind) {
		return kind
	}
	return "file"
}

func listFiles(c *call) answer {
	var rows []*driveFile
	for _, f := range driveFiles(c.a).all() {
		if c.matchFile(f) {
			rows = append(rows, f)
		}
	}
	page, limit := paging{}.page(c.q)
	from := (page - 1) * limit
	if from >= len(rows) {
		return noContent()
	}
	out := []object{}
	for _, f := range rows[from:min(from+limit, len(rows))] {
		out = append(out, c.readFile(f))
	}
	at := func(n int) link {
		return link{Href: fmt.Sprintf("%s/v1.0/files?page=%d&limit=%d", c.driveBase(), n, limit)}
	}
	nav := object{"self": at(page)}
	if from+limit < len(rows) {
		nav["next"] = at(page + 1)
	}
	return ok(object{"_count": len(rows), "_links": nav, "_embedded": object{"files": out}})
}

func (c *call) matchFile(f *driveFile) bool {
	v := f.Versions[f.Current]
	uuids, exts := c.q.list("filter", "uuid"), c.q.list("filter", "extensions")
	term := strings.ToLower(c.q.get("filter", "term") + c.q.get("filter", "name"))
	size, hasSize := c.q.span("filter", "size")
	return f.Trashed == isTrue(c.q.get("filter", "deleted")) &&
		(len(uuids) == 0 || slices.Contains(uuids, f.UUID)) &&
		(len(exts) == 0 || slices.Contains(exts, strings.TrimPrefix(path.Ext(f.Name), "."))) &&
		strings.Contains(strings.ToLower(f.Name), term) &&
		(!hasSize || size.contains(float64(v.Size))) &&
		matchTime(c.q, &f.CreatedAt, "filter", "date") &&
		matchIDs(c.q, f.CreatedBy, "filter", "created_by")
}

func driveStats(c *call) answer {
	used := int64(0)
	for _, f := range driveFiles(c.a).all() {
		for _, v := range f.Versions {
			used += v.Size
		}
	}
	return ok(object{"limit": driveLimit, "used": used})
}

// getFile answers 204 for an unknown file.
func getFile(c *call) answer {
	f := c.a.fileNamed(c.args["uuid"])
	if f == nil {
		return noContent()
	}
	return ok(c.readFile(f))
}

// schema takes more than the name or version_uuid of Kommo's API facts: the official client saves
// a file with its uuid and its authors, too.
func (f *driveFile) schema() schema {
	return schema{
		{name: "name", kind: stringKind, notBlank: true},
		{name: "version_uuid", kind: stringKind, check: func(_ *call, v any) string {
			if !slices.ContainsFunc(f.Versions, func(x driveVersion) bool { return x.UUID == v }) {
				return codeNotSupported
			}
			return ""
		}},
		{name: "uuid", kind: stringKind, check: oneOf(f.UUID)},
		{name: "created_by", kind: objectKind},
		{name: "updated_by", kind: objectKind},
	}
}

// patchFile changes the name or goes back to another version.
func patchFile(c *call) answer {
	f := c.a.fileNamed(c.args["uuid"])
	if f == nil {
		return problem(http.StatusNotFound, "File not found")
	}
	it, bad := c.parseOne(f.schema())
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	if name, sent := it.str("name"); sent {
		f.Name = name
	}
	if uuid, sent := it.str("version_uuid"); sent {
		f.Current = slices.IndexFunc(f.Versions, func(x driveVersion) bool { return x.UUID == uuid })
	}
	f.UpdatedAt = c.now()
	return ok(c.readFile(f))
}

func listVersions(c *call) answer {
	f := c.a.fileNamed(c.args["uuid"])
	if f == nil {
		return noContent()
	}
	out := []object{}
	for i, v := range f.Versions {
		out = append(out, object{"uuid": f.UUID, "version_uuid": v.UUID, "name": f.Name, "size": v.Size, "created_at": v.CreatedAt, "is_main": i == f.Current})
	}
	return ok(object{"_count": len(out), "_embedded": object{"versions": out}})
}

// trashFiles moves files to the bin or back; both take [{"uuid":…}]. The bin answers
// 204, as amoCRM does: with Kommo's 200 and {} the official client reports a failure.
func trashFiles(trashed bool) handler {
	return func(c *call) answer {
		b, bad := c.parseMany(schema{{name: "uuid", kind: stringKind, required: true}}, maxBatch)
		if bad != nil {
			return *bad
		}
		for _, it := range b {
			if uuid, _ := it.str("uuid"); c.a.fileNamed(uuid) == nil {
				it.p.add("uuid", codeNotSupported)
			}
		}
		if bad := b.refused(); bad != nil {
			return *bad
		}
		for _, it := range b {
			uuid, _ := it.str("uuid")
			c.a.fileNamed(uuid).Trashed = trashed
		}
		if trashed {
			return noContent()
		}
		return ok(object{})
	}
}

// download needs no token: the link itself is the secret.
func download(c *call) answer {
	i := slices.IndexFunc(c.s.accounts, func(a *account) bool { return a.id == c.id("account") })
	if i < 0 {
		return answer{status: http.StatusNotFound}
	}
	a := c.s.accounts[i]
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.fileNamed(c.args["uuid"])
	if f == nil || f.Trashed {
		return answer{status: http.StatusNotFound}
	}
	v := f.Versions[f.Current]
	for _, other := range f.Versions {
		if other.UUID == c.args["version"] {
			v = other
		}
	}
	data := v.Data
	if data == nil {
		data = make([]byte, v.Size)
	}
	return answer{status: http.StatusOK, raw: data, ctype: v.Mime}
}
