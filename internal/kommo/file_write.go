package kommo

import (
	"context"
	"net/http"
	"net/url"
)

// driveRef names a file of the Drive in a list. Cards call the same key file_uuid.
type driveRef struct {
	UUID string `json:"uuid"`
}

// Rename gives a file another name.
func (d *Drive) Rename(ctx context.Context, uuid, name string) error {
	body := struct {
		Name string `json:"name"`
	}{name}
	_, err := d.c.Do(ctx, Request{Op: "files.rename", Method: http.MethodPatch, Path: "/v1.0/files/" + url.PathEscape(uuid), Body: body, drive: d.at}, nil)
	return err
}

// Trash moves a file to the bin, where it stays for 30 days. It needs the scope
// files_delete. Kommo answers 200 {} or 204.
func (d *Drive) Trash(ctx context.Context, uuid string) error {
	_, err := d.c.Do(ctx, Request{Op: "files.trash", Method: http.MethodDelete, Path: "/v1.0/files", Body: []driveRef{{uuid}}, drive: d.at}, nil)
	return err
}

// Restore takes a file out of the bin.
func (d *Drive) Restore(ctx context.Context, uuid string) error {
	_, err := d.c.Do(ctx, Request{Op: "files.restore", Method: http.MethodPost, Path: "/v1.0/files/restore", Body: []driveRef{{uuid}}, drive: d.at}, nil)
	return err
}
