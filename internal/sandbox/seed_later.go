package sandbox

func (f *seeding) fields()         {}
func (f *seeding) platformBefore() {}
func (f *seeding) activity()       {}
func (f *seeding) platform()       {}

func (f *seeding) values(_ string, _ []seedValue) []fieldValue { return nil }
