package crm

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// FileQuery is which files to list: those of one card, or of the account.
type FileQuery struct {
	Target

	Query  string // part of the name; only for the account
	InBin  bool   // those in the bin; only for the account
	Limit  int
	Cursor string
}

// FileRow is one file. DownloadURL needs no token: the link itself is the secret.
type FileRow struct {
	FileUUID    string `json:"file_uuid"`
	Name        string `json:"name,omitempty"`
	Size        int64  `json:"size,omitempty"` // bytes
	Type        string `json:"type,omitempty"`
	CreatedAt   string `json:"created_at,omitempty"`
	CreatedBy   string `json:"created_by,omitempty"`
	DownloadURL string `json:"download_url,omitempty"`
}

// FileList is one page of files.
type FileList struct {
	Items      []FileRow `json:"items"`
	HasMore    bool      `json:"has_more"`
	NextCursor string    `json:"next_cursor,omitempty"`
	Hint       string    `json:"hint,omitempty"`

	after []cursor
}

// Len is the number of rows.
func (l FileList) Len() int { return len(l.Items) }

// Keep is the list cut to its first n rows, continued by its cursor.
func (l FileList) Keep(n int) any {
	l.Items, l.HasMore, l.NextCursor = l.Items[:n], true, ""
	if n > 0 {
		l.NextCursor = l.after[n-1].encode()
	}
	return l
}

// ListFiles lists the files of a card, newest first, or those of the account; two
// requests for a card, one for the account (Kommo API facts: files).
func (s *Service) ListFiles(ctx context.Context, in FileQuery) (FileList, error) {
	question := in
	question.Cursor = ""
	digest, err := questionOf(question)
	if err != nil {
		return FileList{}, err
	}
	at, err := decodeCursor(in.Cursor, digest)
	if err != nil {
		return FileList{}, err
	}
	names, err := s.names.Snapshot(ctx, directory.InUsers)
	if err != nil {
		return FileList{}, err
	}
	drive, err := s.api.Files.Drive(names.Account.DriveURL)
	if err != nil {
		return FileList{}, err
	}
	if in.Target == (Target{}) {
		return listDrive(ctx, drive, in, at, names)
	}
	c, err := in.card()
	if err != nil {
		return FileList{}, err
	}
	if in.Query != "" {
		return FileList{}, problem.Invalid("query", "The files of a card cannot be searched by name.").
			WithNext("Leave query out to list the card's files, or the card to search all files of the account.")
	}
	if in.InBin {
		return FileList{}, problem.Invalid("in_bin", "The bin belongs to the account, not to a card.").
			WithNext("Leave the card out to list the bin, or in_bin to list the card's files.")
	}
	return s.listCardFiles(ctx, drive, c, in, at, names)
}

func listDrive(ctx context.Context, drive *kommo.Drive, in FileQuery, at cursor, names *directory.Snapshot) (FileList, error) {
	out := FileList{Items: []FileRow{}}
	page, err := drive.List(ctx, kommo.FileFilter{ListOptions: kommo.ListOptions{Page: at.Page, Limit: in.Limit}, Term: in.Query, InBin: in.InBin})
	if err != nil {
		return out, err
	}
	for i, f := range page.Items {
		if i < at.Skip {
			continue
		}
		out.Items = append(out.Items, fileRow(f, names))
		out.after = append(out.after, cursor{Page: at.Page, Skip: i + 1, Query: at.Query})
	}
	if page.HasNext {
		out.HasMore, out.NextCursor = true, cursor{Page: at.Page + 1, Query: at.Query}.encode()
	}
	if len(out.Items) == 0 {
		out.Hint = emptyDrive(in)
	}
	return out, nil
}

func emptyDrive(in FileQuery) string {
	switch {
	case in.Query != "":
		return "No file's name holds these words; try fewer letters, or leave query out."
	case in.InBin:
		return "The bin is empty. Kommo keeps deleted files there for 30 days."
	}
	return "The account has no files yet; upload_file stores one."
}

// listCardFiles pages by the id of the last link, which stands in the cursor in
// place of a page number: links have no pages.
func (s *Service) listCardFiles(ctx context.Context, drive *kommo.Drive, c card, in FileQuery, at cursor, names *directory.Snapshot) (FileList, error) {
	out := FileList{Items: []FileRow{}}
	before := int64(at.Page)
	if in.Cursor == "" {
		before = 0
	}
	links, err := s.api.Files.ListOf(ctx, c.entity, c.id, before, in.Limit+1)
	if err != nil {
		return out, missingCard(c, err)
	}
	if out.HasMore = len(links) > in.Limit; out.HasMore {
		links = links[:in.Limit]
	}
	files, err := filesOf(ctx, drive, links)
	if err != nil {
		return out, err
	}
	for _, l := range links {
		row := FileRow{FileUUID: l.FileUUID}
		if f, ok := files[l.FileUUID]; ok {
			row = fileRow(f, names)
		}
		out.Items = append(out.Items, row)
		out.after = append(out.after, cursor{Page: int(l.ID), Query: at.Query})
	}
	if out.HasMore {
		out.NextCursor = out.after[len(out.after)-1].encode()
	}
	if len(out.Items) == 0 {
		out.Hint = fmt.Sprintf("This %s has no files. Files in notes and mails are listed only if they were attached; upload_file or attach_file adds some.", c.kind)
	}
	return out, nil
}

// filesOf reads the files of links. Those in the bin are missing.
func filesOf(ctx context.Context, drive *kommo.Drive, links []kommo.FileLink) (map[string]kommo.DriveFile, error) {
	if len(links) == 0 {
		return map[string]kommo.DriveFile{}, nil
	}
	uuids := make([]string, 0, len(links))
	for _, l := range links {
		uuids = append(uuids, l.FileUUID)
	}
	page, err := drive.List(ctx, kommo.FileFilter{ListOptions: kommo.ListOptions{Limit: len(uuids)}, UUIDs: uuids})
	out := make(map[string]kommo.DriveFile, len(page.Items))
	for _, f := range page.Items {
		out[f.UUID] = f
	}
	return out, err
}

func fileRow(f kommo.DriveFile, names *directory.Snapshot) FileRow {
	row := FileRow{
		FileUUID: f.UUID, Name: f.Name, Size: int64(f.Size), Type: cmp.Or(f.Metadata.MimeType, f.Type),
		CreatedAt: moment(f.CreatedAt, names.Account.Location()), DownloadURL: f.DownloadURL(),
	}
	if f.Trashed {
		row.DownloadURL = "" // it does not open
	}
	if f.CreatedBy.ID != 0 && f.CreatedBy.Type == "user" {
		row.CreatedBy = names.UserName(int64(f.CreatedBy.ID))
	}
	return row
}

// missingCard names the argument where a read found no such card.
func missingCard(c card, err error) error {
	if errors.Is(err, kommo.ErrNotFound) {
		return c.missing(err)
	}
	return err
}
