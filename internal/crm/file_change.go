package crm

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// ChangedFile is the answer of a change to a file of the Drive or to its place.
type ChangedFile struct {
	FileUUID  string         `json:"file_uuid"`
	Name      string         `json:"name,omitempty"`
	URL       string         `json:"url,omitempty"` // of the card
	Before    map[string]any `json:"before,omitempty"`
	After     map[string]any `json:"after,omitempty"`
	Unchanged bool           `json:"unchanged,omitempty"` // it was so already, nothing was sent
	LookedUp  bool           `json:"looked_up,omitempty"` // an answer was lost, the outcome was read
}

// RemovedFile is the answer of moving a file to the bin.
type RemovedFile struct {
	FileUUID  string         `json:"file_uuid"`
	Name      string         `json:"name,omitempty"`
	Before    map[string]any `json:"before,omitempty"`
	Deleted   bool           `json:"deleted"`
	Unchanged bool           `json:"unchanged,omitempty"` // it was in the bin already, nothing was sent
	LookedUp  bool           `json:"looked_up,omitempty"` // the answer was lost; it was looked up and is in the bin
}

// DetachFile takes a file off a card; it stays in the Drive and on other cards.
// Three requests; one that is not on the card is left alone after two.
func (s *Service) DetachFile(ctx context.Context, in FileOnCard) (ChangedFile, error) {
	c, err := in.card()
	if err != nil {
		return ChangedFile{}, err
	}
	drive, err := s.drive(ctx)
	if err != nil {
		return ChangedFile{}, err
	}
	file, there, err := s.fileOnCard(ctx, drive, c, in.FileUUID)
	if err != nil {
		return ChangedFile{}, err
	}
	place := fmt.Sprintf("%s %d", c.kind, c.id)
	out := ChangedFile{FileUUID: file.UUID, Name: short(file.Name, longName), URL: s.cardURL(c.kind, c.id)}
	if !there {
		out.Unchanged = true
		return out, nil
	}
	gone, err := s.removed(ctx, Removed{}, removal{
		what:  "the file from " + place,
		send:  func(ctx context.Context) error { return s.api.Files.Detach(ctx, c.entity, c.id, []string{file.UUID}) },
		there: func(ctx context.Context) (bool, error) { return s.holdsFile(ctx, c, file.UUID) },
	})
	if err != nil {
		return ChangedFile{}, c.explained(err)
	}
	out.Before, out.LookedUp = map[string]any{"attached_to": place}, gone.LookedUp
	return out, nil
}

// fileOnCard reads a file and whether a card has it, side by side.
func (s *Service) fileOnCard(ctx context.Context, drive *kommo.Drive, c card, uuid string) (file kommo.DriveFile, there bool, err error) {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { file, err = drive.Get(gctx, uuid); return missingFile(err) })
	g.Go(func() (err error) { there, err = s.holdsFile(gctx, c, uuid); return missingCard(c, err) })
	err = g.Wait()
	return file, there, err
}

// RenameFile gives a file of the Drive another name: two requests.
func (s *Service) RenameFile(ctx context.Context, uuid, name string) (ChangedFile, error) {
	if err := needText("name", name); err != nil {
		return ChangedFile{}, err
	}
	drive, file, err := s.fileHeld(ctx, uuid)
	if err != nil {
		return ChangedFile{}, err
	}
	if file.Trashed {
		return ChangedFile{}, inBin()
	}
	d := newDelta()
	want := d.text("name", file.Name, name)
	out := ChangedFile{FileUUID: file.UUID, Name: short(file.Name, longName), Before: d.before, After: d.after, Unchanged: d.none()}
	if d.none() {
		return out, nil
	}
	return out, drive.Rename(ctx, file.UUID, want)
}

// DeleteFile moves a file to the bin, from which RestoreFile takes it for 30 days
// (Kommo API facts: files): two requests.
func (s *Service) DeleteFile(ctx context.Context, uuid string) (RemovedFile, error) {
	drive, file, err := s.fileHeld(ctx, uuid)
	if err != nil {
		return RemovedFile{}, err
	}
	out := RemovedFile{FileUUID: file.UUID, Name: short(file.Name, longName), Deleted: file.Trashed, Unchanged: file.Trashed}
	if file.Trashed {
		return out, nil
	}
	out.Before = map[string]any{"size": int64(file.Size)}
	gone, err := s.removed(ctx, Removed{}, removal{
		what:  fmt.Sprintf("the file %q", file.Name),
		send:  func(ctx context.Context) error { return drive.Trash(ctx, file.UUID) },
		there: func(ctx context.Context) (bool, error) { return inDrive(ctx, drive, file.UUID) },
	})
	out.Deleted, out.LookedUp = gone.Deleted, gone.LookedUp
	return out, err
}

// RestoreFile takes a file out of the bin: two requests. A lost answer is looked
// up.
func (s *Service) RestoreFile(ctx context.Context, uuid string) (ChangedFile, error) {
	drive, file, err := s.fileHeld(ctx, uuid)
	if err != nil {
		return ChangedFile{}, err
	}
	out := ChangedFile{FileUUID: file.UUID, Name: short(file.Name, longName), Unchanged: !file.Trashed}
	if out.Unchanged {
		return out, nil
	}
	out.Before, out.After = map[string]any{"in_bin": true}, map[string]any{"in_bin": false}
	_, out.LookedUp, err = settle(ctx, s.clock, write[bool]{
		what: fmt.Sprintf("restoring the file %q", file.Name),
		send: func(ctx context.Context) (bool, error) { return true, drive.Restore(ctx, file.UUID) },
		find: func(ctx context.Context) (bool, bool, error) {
			there, err := inDrive(ctx, drive, file.UUID)
			return there, there, err
		},
	})
	return out, err
}

// fileHeld reads a file, in the bin or not.
func (s *Service) fileHeld(ctx context.Context, uuid string) (*kommo.Drive, kommo.DriveFile, error) {
	drive, err := s.drive(ctx)
	if err != nil {
		return nil, kommo.DriveFile{}, err
	}
	file, err := drive.Get(ctx, uuid)
	return drive, file, missingFile(err)
}

// inBin is the refusal of a file that lies in the bin.
func inBin() error {
	return problem.New(problem.Conflict, "The file is in the bin; nothing was written.").
		WithField("file_uuid").WithNext("Take it out with restore_file, then call again.")
}

// inDrive tells whether a file is there and not in the bin.
func inDrive(ctx context.Context, drive *kommo.Drive, uuid string) (bool, error) {
	file, err := drive.Get(ctx, uuid)
	if kommo.HasCode(err, kommo.CodeNotFound) {
		return false, nil
	}
	return err == nil && !file.Trashed, err
}
