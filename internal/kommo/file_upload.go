package kommo

import (
	"context"
	"net/http"
	"net/url"
)

// NewFile opens an upload. FileUUID makes a new version of that file.
type NewFile struct {
	Name        string `json:"file_name"`
	Size        int64  `json:"file_size"` // bytes
	ContentType string `json:"content_type,omitzero"`
	FileUUID    string `json:"file_uuid,omitzero"`
}

// UploadSession is an open upload: parts go to URL, each at most MaxPart bytes.
type UploadSession struct {
	ID      Int    `json:"session_id"`
	URL     string `json:"upload_url"`
	MaxFile int64  `json:"max_file_size"`
	MaxPart int64  `json:"max_part_size"`
}

// smallestPart guards against a session that names no size of its parts.
const smallestPart = 512 << 10

// Upload stores a file: a session, then its parts one after another, each where
// the answer to the one before says. An upload that fails cannot be gone on
// with. Only the last part makes the file, so an error with made false leaves
// none behind and the whole may be done again.
func (d *Drive) Upload(ctx context.Context, n NewFile, data []byte) (file DriveFile, made bool, err error) {
	n.Size = int64(len(data))
	session, err := d.open(ctx, n)
	if err != nil {
		return DriveFile{}, false, err
	}
	if session.MaxFile > 0 && n.Size > session.MaxFile {
		return DriveFile{}, false, &Error{Code: CodeInvalid, Op: "files.upload", Message: "the file is larger than Kommo takes"}
	}
	size := session.MaxPart
	if size <= 0 {
		size = smallestPart
	}
	at := session.URL
	for {
		part := data[:min(int64(len(data)), size)]
		data = data[len(part):]
		var out uploaded
		if out, err = d.part(ctx, at, part); err != nil {
			return DriveFile{}, len(data) == 0 && HasCode(err, CodeUnknownOutcome), err
		}
		if len(data) == 0 {
			return out.finished()
		}
		at = out.NextURL
	}
}

func (d *Drive) open(ctx context.Context, n NewFile) (UploadSession, error) {
	var s UploadSession
	_, err := d.c.Do(ctx, Request{Op: "files.open", Method: http.MethodPost, Path: "/v1.0/sessions", Body: n, drive: d.at}, &s)
	return s, err
}

// uploaded is the answer to a part: where the next one goes, or the file.
type uploaded struct {
	DriveFile

	NextURL string `json:"next_url"`
}

func (u uploaded) finished() (DriveFile, bool, error) {
	if u.UUID == "" {
		return DriveFile{}, true, unusableReply("files.upload", errNoID)
	}
	return u.DriveFile, true, nil
}

// part sends one part. The address comes from an answer, so it must lie on the
// same Drive: the token goes along.
func (d *Drive) part(ctx context.Context, address string, data []byte) (uploaded, error) {
	const op = "files.upload"
	var out uploaded
	u, err := url.Parse(address)
	if err != nil || address == "" || !d.at.holds(u) {
		return out, &Error{Code: CodeRedirect, Op: op, Message: "Kommo names an address for the file that is not on its Drive, which was refused"}
	}
	_, err = d.c.Do(ctx, Request{
		Op: op, Method: http.MethodPost, Path: u.Path, Query: u.Query(), raw: data, drive: d.at,
	}, &out)
	return out, err
}
