package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// FileOnCard is a file of the Drive and the card it is to be attached to.
type FileOnCard struct {
	Target

	FileUUID string
	AsNote   bool
	Key      string // idempotency key; empty: none
}

// AttachFile puts a file of the Drive on a card, and into its timeline as a note
// if wanted: three requests, and one for the note. One that is there already is
// found, and nothing is sent (Kommo API facts: files).
func (s *Service) AttachFile(ctx context.Context, in FileOnCard) (StoredFile, error) {
	c, err := in.card()
	if err != nil {
		return StoredFile{}, err
	}
	out, repeat, err := once(ctx, s, "attach_file", in.Key, in, func(ctx context.Context) (StoredFile, error) {
		return s.attachFile(ctx, in, c)
	})
	out.Repeat = repeat
	return out, err
}

func (s *Service) attachFile(ctx context.Context, in FileOnCard, c card) (StoredFile, error) {
	drive, err := s.drive(ctx)
	if err != nil {
		return StoredFile{}, err
	}
	file, there, err := s.fileOnCard(ctx, drive, c, in.FileUUID)
	if err != nil {
		return StoredFile{}, err
	}
	if file.Trashed {
		return StoredFile{}, inBin()
	}
	out := StoredFile{
		FileUUID: file.UUID, DownloadURL: file.DownloadURL(), Size: int64(file.Size),
		Created: []FileRecord{}, Found: []FileRecord{{Kind: KindFile, FileUUID: file.UUID, Name: short(file.Name, longName)}},
	}
	s.attached(&out, c)
	if there {
		out.Unchanged = !in.AsNote
	} else if out.LookedUp, err = s.putOnCard(ctx, c, file.UUID); err != nil {
		return StoredFile{}, c.explained(err)
	}
	if in.AsNote {
		s.noteFile(ctx, &out, c, file)
	}
	return out, nil
}

// attached says on which card the file is.
func (s *Service) attached(out *StoredFile, c card) {
	r := s.record(c.kind, c.id, "")
	out.AttachedTo, out.URL = &r, r.URL
}

// putOnCard attaches a file; a lost answer is looked up on the card.
func (s *Service) putOnCard(ctx context.Context, c card, uuid string) (lookedUp bool, err error) {
	_, lookedUp, err = settle(ctx, s.clock, write[bool]{
		what: fmt.Sprintf("attaching the file to %s %d", c.kind, c.id),
		send: func(ctx context.Context) (bool, error) {
			return true, s.api.Files.Attach(ctx, c.entity, c.id, []string{uuid})
		},
		find: func(ctx context.Context) (bool, bool, error) {
			there, err := s.holdsFile(ctx, c, uuid)
			return there, there, err
		},
	})
	return lookedUp, err
}

// mostLinkPages bounds the search for a file on one card: 2,500 files.
const mostLinkPages = 10

// holdsFile looks for a file on a card, newest first.
func (s *Service) holdsFile(ctx context.Context, c card, uuid string) (bool, error) {
	before := int64(0)
	for range mostLinkPages {
		links, err := s.api.Files.ListOf(ctx, c.entity, c.id, before, kommo.MaxPage)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(links, func(l kommo.FileLink) bool { return l.FileUUID == uuid }) {
			return true, nil
		}
		if len(links) < kommo.MaxPage {
			break
		}
		before = links[len(links)-1].ID
	}
	return false, nil
}

// noteFile writes a note with the file; what goes wrong is a warning, since the
// file is on the card already.
func (s *Service) noteFile(ctx context.Context, out *StoredFile, c card, file kommo.DriveFile) {
	sent := s.since(ctx)
	id, lookedUp, err := settle(ctx, s.clock, write[int64]{
		what: fmt.Sprintf("a note on %s %d", c.kind, c.id),
		send: func(ctx context.Context) (int64, error) {
			made, err := s.api.Notes.Create(ctx, c.entity, []kommo.NoteWrite{{
				EntityID: c.id, Type: kommo.NoteAttachment,
				Params: kommo.AttachmentParams{FileUUID: file.UUID, VersionUUID: file.VersionUUID, FileName: file.Name},
			}})
			if err != nil {
				return 0, err
			}
			s.took(ctx, KindNote, made[0].ID)
			return made[0].ID, nil
		},
		find: func(ctx context.Context) (int64, bool, error) {
			page, err := s.api.Notes.ListOf(ctx, c.entity, c.id, kommo.NoteFilter{
				ListOptions: kommo.ListOptions{Limit: newestRows}, Types: []string{kommo.NoteAttachment}, Order: newest,
			})
			for _, n := range page.Items {
				if p, ok := n.Attachment(); ok && p.FileUUID == file.UUID && s.isOurs(ctx, KindNote, n.ID, n.CreatedAt, sent) {
					return n.ID, true, nil
				}
			}
			return 0, false, err
		},
	})
	if err != nil {
		out.Warnings = append(out.Warnings, "The file is on the card, but its note was not written: "+said(err)+".")
		return
	}
	out.LookedUp = out.LookedUp || lookedUp
	out.Created = append(out.Created, FileRecord{Kind: KindNote, ID: id, Name: short(file.Name, longName)})
}

// missingFile names the argument where Drive has no such file.
func missingFile(err error) error {
	if errors.Is(err, kommo.ErrNotFound) {
		return problem.Missing("file_uuid", "There is no such file in the account's Drive; nothing was written.").
			WithNext("Find the right file_uuid with list_files, then call again.").Wrap(err)
	}
	return err
}
