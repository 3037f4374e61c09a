package registry

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// DefaultToolset is the toolset that is on unless others are named; AllToolsets names every one.
const (
	DefaultToolset = "default"
	AllToolsets    = "all"
)

// Mode limits which classes of tools exist. A tool outside the mode is not listed and cannot be called.
type Mode string

// The modes. ModeWrite is the default: everything but Delete.
const (
	ModeRead  Mode = "read"
	ModeWrite Mode = "write"
	ModeFull  Mode = "full"
)

// ParseMode reads a mode; "" is ModeWrite.
func ParseMode(s string) (Mode, error) {
	switch m := Mode(strings.ToLower(strings.TrimSpace(s))); m {
	case "":
		return ModeWrite, nil
	case ModeRead, ModeWrite, ModeFull:
		return m, nil
	default:
		return "", fmt.Errorf("unknown mode %q: use read, write or full", s)
	}
}

// Allows tells whether tools of the class exist in this mode.
func (m Mode) Allows(c Class) bool {
	switch m {
	case ModeRead:
		return c == Read
	case ModeFull:
		return true
	default:
		return c != Delete
	}
}

// Choice is what the operator wants. Toolsets and single tools add up; with neither it is DefaultToolset, and
// with Tools alone it is exactly these. Exclude takes tools, or whole toolsets, away again. Mode "" is
// ModeWrite.
type Choice struct {
	Toolsets []string
	Tools    []string
	Exclude  []string
	Mode     Mode
}

// Select returns the chosen tools in the order of their names. An unknown name is an error that lists the
// valid ones; so is a tool named singly that the mode leaves out.
func Select(all []Tool, c Choice) ([]Tool, error) {
	mode, err := ParseMode(string(c.Mode))
	if err != nil {
		return nil, err
	}
	sets, tools, exclude := words(c.Toolsets), words(c.Tools), words(c.Exclude)
	if err := errors.Join(checkToolsets(all, sets), checkTools(all, tools, mode), checkExclude(all, exclude)); err != nil {
		return nil, err
	}
	if len(sets) == 0 && len(tools) == 0 {
		sets = []string{DefaultToolset}
	}
	var out []Tool
	for _, t := range all {
		named := func(names []string) bool {
			return slices.Contains(names, t.spec.Name) || slices.Contains(names, t.spec.Toolset)
		}
		chosen := slices.Contains(sets, AllToolsets) || slices.Contains(sets, t.spec.Toolset) || slices.Contains(tools, t.spec.Name)
		if chosen && mode.Allows(t.spec.Class) && !named(exclude) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b Tool) int { return strings.Compare(a.spec.Name, b.spec.Name) })
	return out, nil
}

// words are names without case, spaces and empty ones.
func words(names []string) []string {
	var out []string
	for _, name := range names {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			out = append(out, name)
		}
	}
	return out
}

func checkToolsets(all []Tool, names []string) error {
	valid := Toolsets(all)
	for _, name := range names {
		if name != AllToolsets && !slices.Contains(valid, name) {
			return fmt.Errorf("unknown toolset %q: use %s or %s", name, strings.Join(valid, ", "), AllToolsets)
		}
	}
	return nil
}

func checkTools(all []Tool, names []string, mode Mode) error {
	for _, name := range names {
		i := slices.IndexFunc(all, func(t Tool) bool { return t.spec.Name == name })
		if i < 0 {
			return unknownTool(all, name)
		}
		if class := all[i].spec.Class; !mode.Allows(class) {
			return fmt.Errorf("the tool %s is of the class %s, which the mode %s leaves out: choose another mode, or do not name it", name, class, mode)
		}
	}
	return nil
}

func checkExclude(all []Tool, names []string) error {
	sets, tools := Toolsets(all), toolNames(all)
	for _, name := range names {
		if !slices.Contains(sets, name) && !slices.Contains(tools, name) {
			return fmt.Errorf("%w; or one of the toolsets %s", unknownTool(all, name), strings.Join(sets, ", "))
		}
	}
	return nil
}

func unknownTool(all []Tool, name string) error {
	valid := slices.Sorted(slices.Values(toolNames(all)))
	guess := ""
	if near := nearest(name, valid); near != "" {
		guess = " (did you mean " + near + "?)"
	}
	return fmt.Errorf("unknown tool %q%s: use %s", name, guess, strings.Join(valid, ", "))
}

// Toolsets are the names of the toolsets of these tools: the default one first, the others by name.
func Toolsets(all []Tool) []string {
	names := []string{DefaultToolset}
	for _, t := range all {
		if !slices.Contains(names, t.spec.Toolset) {
			names = append(names, t.spec.Toolset)
		}
	}
	slices.Sort(names[1:])
	return names
}
