package sandbox

func (f *seeding) platformBefore() {}
func (f *seeding) platform()       {}
