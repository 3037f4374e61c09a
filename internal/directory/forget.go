package directory

// Forget makes the sections load anew before they answer again, since the
// caller has changed what they hold. It makes no request.
func (d *Directory) Forget(sections ...Section) {
	for _, name := range sections {
		if s, ok := d.sections[name]; ok {
			s.invalidate()
		}
	}
}
