package sandbox

func (f *seeding) platformBefore() {}
func (f *seeding) activity()       {}
func (f *seeding) platform()       {}
