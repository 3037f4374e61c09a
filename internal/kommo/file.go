package kommo

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// DriveFile is a file of the account's Drive (Kommo API facts: files).
type DriveFile struct {
	ID          Int    `json:"id"`
	UUID        string `json:"uuid"`
	VersionUUID string `json:"version_uuid"`
	Name        string `json:"name"`
	Size        Int    `json:"size"` // bytes
	Type        string `json:"type"` // image, video, audio, file
	Trashed     bool   `json:"is_trashed"`
	CreatedAt   Unix   `json:"created_at"`
	Metadata    struct {
		Extension string `json:"extension"`
		MimeType  string `json:"mime_type"`
	} `json:"metadata"`
	CreatedBy struct {
		ID   Int    `json:"id"`
		Type string `json:"type"`
	} `json:"created_by"`
	Links struct {
		Download *href `json:"download"`
	} `json:"_links"`
}

// DownloadURL is where the file can be fetched; the link itself is the secret.
func (f DriveFile) DownloadURL() string {
	if f.Links.Download == nil {
		return ""
	}
	return f.Links.Download.Href
}

// FileLink is a file on a card. ID orders the links of a card, newest highest.
type FileLink struct {
	ID       int64  `json:"id"`
	FileUUID string `json:"file_uuid"`
}

// FileRef names a file to attach or to detach.
type FileRef struct {
	UUID string `json:"file_uuid"`
}

// FilesService links files to cards and leads to the Drive that holds them.
type FilesService struct{ c *Client }

// ListOf reads the files of one card, newest first: those before the link id,
// 0 for the first page. A page has no next link: a full one may have more.
func (s *FilesService) ListOf(ctx context.Context, of Entity, id, before int64, limit int) ([]FileLink, error) {
	q := url.Values{}
	ListOptions{Limit: limit}.into(q)
	if before > 0 {
		q.Set("before_id", strconv.FormatInt(before, 10))
	}
	page, err := getPage[FileLink](ctx, s.c, "files.of_card", cardPath(of, id, "files"), "files", q)
	return page.Items, err
}

// Attach puts files of the Drive on a card. Attaching again changes nothing.
func (s *FilesService) Attach(ctx context.Context, of Entity, id int64, uuids []string) error {
	const op = "files.attach"
	if len(uuids) == 0 {
		return emptyRequest(op)
	}
	_, err := s.c.Do(ctx, Request{Op: op, Method: http.MethodPut, Path: cardPath(of, id, "files"), Body: fileRefs(uuids)}, nil)
	return err
}

// Detach takes files off a card; they stay in the Drive. Kommo answers 202.
func (s *FilesService) Detach(ctx context.Context, of Entity, id int64, uuids []string) error {
	const op = "files.detach"
	if len(uuids) == 0 {
		return emptyRequest(op)
	}
	_, err := s.c.Do(ctx, Request{Op: op, Method: http.MethodDelete, Path: cardPath(of, id, "files"), Body: fileRefs(uuids)}, nil)
	return err
}

func fileRefs(uuids []string) []FileRef {
	refs := make([]FileRef, 0, len(uuids))
	for _, uuid := range uuids {
		refs = append(refs, FileRef{UUID: uuid})
	}
	return refs
}

// Drive is the storage of the account's files. It lies on a host of its own.
type Drive struct {
	c  *Client
	at *origin
}

// Drive leads to the storage at the account's drive_url. Other addresses than
// Drive hosts of Kommo's zones are refused, since the token goes there.
func (s *FilesService) Drive(driveURL string) (*Drive, error) {
	at, err := s.c.driveOrigin(driveURL)
	if err != nil {
		return nil, err
	}
	return &Drive{c: s.c, at: at}, nil
}

// FileFilter selects files of the Drive.
type FileFilter struct {
	ListOptions

	UUIDs []string
	Term  string // part of the name
	InBin bool   // those in the bin, in place of the others
}

func (f FileFilter) query() url.Values {
	q := url.Values{}
	f.into(q)
	if len(f.UUIDs) > 0 {
		q.Set("filter[uuid]", strings.Join(f.UUIDs, ","))
	}
	if f.Term != "" {
		q.Set("filter[term]", f.Term)
	}
	if f.InBin {
		q.Set("filter[deleted]", "1")
	}
	return q
}

// List reads one page of files. The list has a count in place of a next link.
func (d *Drive) List(ctx context.Context, f FileFilter) (Page[DriveFile], error) {
	const op = "files.list"
	var e struct {
		envelope

		Count *int `json:"_count"`
	}
	meta, err := d.c.Do(ctx, Request{Op: op, Path: "/v1.0/files", Query: f.query(), drive: d.at}, &e)
	if err != nil || meta.Status == http.StatusNoContent {
		return Page[DriveFile]{}, err
	}
	if !e.lists("files") {
		return Page[DriveFile]{}, noList(op)
	}
	items, err := records[DriveFile](op, e.envelope, "files")
	if err != nil {
		return Page[DriveFile]{}, err
	}
	page := Page[DriveFile]{Items: items, HasNext: e.Links.Next != nil && len(items) > 0, Total: e.Count}
	if f.Limit > 0 && e.Count != nil {
		page.HasNext = page.HasNext || len(items) > 0 && max(f.Page, 1)*f.Limit < *e.Count
	}
	return page, nil
}

// Get reads one file. Kommo answers 204 for one that does not exist.
func (d *Drive) Get(ctx context.Context, uuid string) (DriveFile, error) {
	return getOne[DriveFile](ctx, d.c, Request{Op: "files.get", Path: "/v1.0/files/" + url.PathEscape(uuid), drive: d.at})
}
