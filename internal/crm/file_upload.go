package crm

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"path"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// maxUpload is how large a file may be, in bytes: as base64 it must fit into one
// request of a client, and its parts into the time of one call.
const maxUpload = 2_900_000

// KindFile is a file of the Drive.
const KindFile = "file"

// NewFile is a file to store, given as text or as base64, and perhaps a card.
type NewFile struct {
	Target

	Name        string
	Text        string
	Base64      string
	ContentType string
	AsNote      bool
	Key         string // idempotency key; empty: none
}

// FileRecord names what an upload made: a file by its uuid, a note by its id.
type FileRecord struct {
	Kind     string `json:"kind"`
	ID       int64  `json:"id,omitempty"`
	FileUUID string `json:"file_uuid,omitempty"`
	Name     string `json:"name,omitempty"`
	URL      string `json:"url,omitempty"`
}

// StoredFile is the answer of an upload or of attaching a file.
type StoredFile struct {
	FileUUID    string       `json:"file_uuid"`
	URL         string       `json:"url,omitempty"` // of the card
	DownloadURL string       `json:"download_url,omitempty"`
	Size        int64        `json:"size,omitempty"` // bytes
	Created     []FileRecord `json:"created"`
	Found       []FileRecord `json:"found"` // the file that was there already
	AttachedTo  *Record      `json:"attached_to,omitempty"`
	Unchanged   bool         `json:"unchanged,omitempty"` // it was attached already, nothing was sent
	LookedUp    bool         `json:"looked_up,omitempty"` // an answer was lost, the record was found by searching
	Repeat      bool         `json:"repeat,omitempty"`    // done by an earlier call with the same idempotency_key
	Warnings    []string     `json:"warnings,omitempty"`
}

// UploadFile stores a file in the account's Drive and attaches it to a card if
// one is named. What fails after the file is stored is a warning. A lost answer is
// looked up by name, size and time (Kommo API facts: files).
func (s *Service) UploadFile(ctx context.Context, n NewFile) (StoredFile, error) {
	var c card
	if n.Target != (Target{}) {
		var err error
		if c, err = n.card(); err != nil {
			return StoredFile{}, err
		}
	} else if n.AsNote {
		return StoredFile{}, problem.Invalid("as_note", "A note needs a card to stand on.").
			WithNext("Give one of lead_id, contact_id and company_id, or leave as_note out.")
	}
	data, err := n.content()
	if err != nil {
		return StoredFile{}, err
	}
	out, repeat, err := once(ctx, s, "upload_file", n.Key, n, func(ctx context.Context) (StoredFile, error) {
		return s.uploadFile(ctx, n, c, data)
	})
	out.Repeat = repeat
	return out, err
}

func (s *Service) uploadFile(ctx context.Context, n NewFile, c card, data []byte) (StoredFile, error) {
	drive, err := s.drive(ctx)
	if err != nil {
		return StoredFile{}, err
	}
	file, lookedUp, err := s.storeFile(ctx, drive, kommo.NewFile{Name: n.Name, ContentType: n.mime()}, data)
	if err != nil {
		return StoredFile{}, err
	}
	out := StoredFile{
		FileUUID: file.UUID, DownloadURL: file.DownloadURL(), Size: int64(file.Size), LookedUp: lookedUp,
		Created: []FileRecord{{Kind: KindFile, FileUUID: file.UUID, Name: short(file.Name, longName)}}, Found: []FileRecord{},
	}
	if c.id == 0 {
		return out, nil
	}
	if _, err := s.putOnCard(ctx, c, file.UUID); err != nil {
		out.Warnings = append(out.Warnings, fmt.Sprintf("The file is stored, but it was not attached to %s %d: %s. Attach it with attach_file.", c.kind, c.id, said(err)))
		return out, nil
	}
	s.attached(&out, c)
	if n.AsNote {
		s.noteFile(ctx, &out, c, file)
	}
	return out, nil
}

// drive is the storage of the account's files.
func (s *Service) drive(ctx context.Context) (*kommo.Drive, error) {
	account, err := s.names.Account(ctx)
	if err != nil {
		return nil, err
	}
	return s.api.Files.Drive(account.DriveURL)
}

// storeFile uploads once. An upload that broke before its last part left no file,
// so it is begun anew once; one whose last answer was lost is looked up.
func (s *Service) storeFile(ctx context.Context, drive *kommo.Drive, n kommo.NewFile, data []byte) (kommo.DriveFile, bool, error) {
	sent := s.since(ctx)
	return settle(ctx, s.clock, write[kommo.DriveFile]{
		what: fmt.Sprintf("the file %q", n.Name),
		send: func(ctx context.Context) (kommo.DriveFile, error) {
			file, made, err := drive.Upload(ctx, n, data)
			if kommo.HasCode(err, kommo.CodeUnknownOutcome) && !made && ctx.Err() == nil {
				file, made, err = drive.Upload(ctx, n, data)
			}
			if kommo.HasCode(err, kommo.CodeUnknownOutcome) && !made {
				err = errors.Unwrap(err) // without its last part there is no file
			}
			if err == nil {
				s.took(ctx, KindFile, int64(file.ID))
			}
			return file, err
		},
		find: func(ctx context.Context) (kommo.DriveFile, bool, error) {
			page, err := drive.List(ctx, kommo.FileFilter{ListOptions: kommo.ListOptions{Limit: kommo.MaxPage}, Term: n.Name})
			for _, f := range page.Items {
				if f.Name == n.Name && int(f.Size) == len(data) && s.isOurs(ctx, KindFile, int64(f.ID), f.CreatedAt, sent) {
					return f, true, nil
				}
			}
			return kommo.DriveFile{}, false, err
		},
	})
}

// content is the bytes to store; text and base64 exclude each other.
func (n NewFile) content() ([]byte, error) {
	if err := needText("name", n.Name); err != nil {
		return nil, err
	}
	if (n.Text == "") == (n.Base64 == "") {
		return nil, problem.Invalid("content_base64", "The content is given either as text or as content_base64; one of them, and not both.").
			WithNext("Give text for a plain text file, content_base64 for anything else.")
	}
	data := []byte(n.Text)
	if n.Base64 != "" {
		var ok bool
		if data, ok = decodeBase64(n.Base64); !ok {
			return nil, problem.Invalid("content_base64", "content_base64 is not base64; nothing was stored.").
				WithNext("Encode the bytes of the file as standard base64, such as SGVsbG8=.")
		}
	}
	if len(data) > maxUpload {
		return nil, problem.Invalid("content_base64", fmt.Sprintf("The file has %d bytes, at most %d can be uploaded in one call; nothing was stored.", len(data), maxUpload)).
			WithNext("Upload the file in Kommo itself, or store a smaller one.")
	}
	return data, nil
}

// decodeBase64 reads standard and URL-safe base64, with or without padding, line
// breaks and the head of a data URL.
func decodeBase64(text string) ([]byte, bool) {
	if _, rest, isURL := strings.Cut(text, ";base64,"); isURL && strings.HasPrefix(text, "data:") {
		text = rest
	}
	text = strings.TrimRight(strings.Join(strings.Fields(text), ""), "=")
	text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	data, err := base64.RawStdEncoding.DecodeString(text)
	return data, err == nil && len(data) > 0
}

// mime is the content type: as given, else by the name's ending; empty if unknown.
func (n NewFile) mime() string {
	if n.ContentType != "" {
		return n.ContentType
	}
	byName, _, _ := strings.Cut(mime.TypeByExtension(strings.ToLower(path.Ext(n.Name))), ";")
	if byName == "" && n.Text != "" {
		return "text/plain"
	}
	return byName
}
