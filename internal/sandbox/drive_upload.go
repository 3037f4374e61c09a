package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// uploadSession is one file on its way into Drive.
type uploadSession struct {
	ID, Size, CreatedBy, CreatedAt int64
	Token                          string // of the next part's URL
	Name, Mime                     string
	FileUUID                       string // of the file that gets a new version
	Data                           []byte
}

func uploads(a *account) *table[uploadSession] {
	return tableFor[uploadSession](a, "drive-sessions", 1_700_001)
}

const (
	maxFileSize = 314_572_800
	maxPartSize = 524_288
	uploadLife  = 24 * 3600
)

func uploadRoutes() []route {
	return []route{
		{Method: "POST", Path: "/v1.0/sessions", Do: openUpload, Root: true, Scope: "files"},
		// The URL of a part is a secret of its own: no token is asked for.
		{Method: "POST", Path: "/v1.0/sessions/upload/{token}", Do: uploadPart, Root: true, AnyHost: true, NoLock: true},
	}
}

func openUpload(c *call) answer {
	it, bad := c.parseOne(schema{
		{name: "file_name", kind: stringKind, required: true, notBlank: true},
		{name: "file_size", kind: intKind, required: true, check: func(_ *call, v any) string {
			if n, _ := v.(int64); n <= 0 || n > maxFileSize {
				return codeNotSupported
			}
			return ""
		}},
		{name: "content_type", kind: stringKind},
		{name: "file_uuid", kind: stringKind, check: func(c *call, v any) string {
			if uuid, _ := v.(string); c.a.fileNamed(uuid) == nil {
				return codeNotSupported
			}
			return ""
		}},
		{name: "with_preview", kind: boolKind},
		{name: "created_by", kind: objectKind},
	})
	if bad != nil {
		return *bad
	}
	if bad := (batch{it}).refused(); bad != nil {
		return *bad
	}
	u := &uploadSession{ID: uploads(c.a).alloc(), CreatedBy: c.actor(), CreatedAt: c.now(), Token: randomHex(24)}
	u.Name, _ = it.str("file_name")
	u.Size, _ = it.int("file_size")
	u.FileUUID, _ = it.str("file_uuid")
	u.Mime, _ = it.str("content_type")
	if u.Mime == "" {
		u.Mime = "application/octet-stream"
	}
	uploads(c.a).put(u.ID, u)
	return ok(object{
		"session_id": u.ID, "upload_url": c.driveBase() + "/v1.0/sessions/upload/" + u.Token,
		"max_file_size": maxFileSize, "max_part_size": maxPartSize,
	})
}

// uploadPart takes raw bytes. Every part but the last answers 202 with the URL for
// the next; each URL serves once.
func uploadPart(c *call) answer {
	for _, a := range c.s.accounts {
		if ans, mine := c.uploadTo(a); mine {
			return ans
		}
	}
	return problem(http.StatusNotFound, "Session not found")
}

func (c *call) uploadTo(a *account) (ans answer, mine bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, u := range uploads(a).all() {
		if u.Token != c.args["token"] {
			continue
		}
		c.a = a
		switch got := int64(len(u.Data) + len(c.body)); {
		case c.now() > u.CreatedAt+uploadLife:
			return problem(http.StatusNotFound, "Session expired"), true
		case len(c.body) == 0 || len(c.body) > maxPartSize || got > u.Size:
			return invalid("Invalid part size"), true
		case strings.HasPrefix(c.r.Header.Get("Content-Type"), "multipart/"):
			return invalid("Parts are sent as raw bytes"), true
		default:
			return c.takePart(u, got), true
		}
	}
	return answer{}, false
}

func (c *call) takePart(u *uploadSession, got int64) answer {
	u.Data = append(u.Data, c.body...)
	if got < u.Size {
		u.Token = randomHex(24)
		return answer{status: http.StatusAccepted, body: object{
			"session_id": u.ID, "next_url": c.driveBase() + "/v1.0/sessions/upload/" + u.Token,
		}}
	}
	uploads(c.a).del(u.ID)
	return ok(c.readFile(c.a.storeFile(u, c.now())))
}

// storeFile turns a finished upload into a file, or a new version of one.
func (a *account) storeFile(u *uploadSession, now int64) *driveFile {
	v := driveVersion{UUID: newUUID(), Mime: u.Mime, Size: u.Size, CreatedAt: now, Data: slices.Clone(u.Data)}
	f := a.fileNamed(u.FileUUID)
	if f == nil {
		f = &driveFile{ID: driveFiles(a).alloc(), UUID: newUUID(), Name: u.Name, CreatedAt: now, CreatedBy: u.CreatedBy}
		driveFiles(a).put(f.ID, f)
	}
	f.Versions = append(f.Versions, v)
	f.Current, f.UpdatedAt = len(f.Versions)-1, now
	return f
}
