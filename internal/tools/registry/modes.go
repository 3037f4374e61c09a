package registry

import (
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

// Choice is what the operator wants: toolsets by name (none = DefaultToolset) and a mode ("" = ModeWrite).
type Choice struct {
	Toolsets []string
	Mode     Mode
}

// Select returns the chosen tools in the order of their names. An unknown toolset or mode is an error that
// names the valid ones.
func Select(all []Tool, c Choice) ([]Tool, error) {
	mode, err := ParseMode(string(c.Mode))
	if err != nil {
		return nil, err
	}
	valid := Toolsets(all)
	wanted := map[string]bool{}
	for _, name := range c.Toolsets {
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" {
			continue
		}
		if name != AllToolsets && name != DefaultToolset && !slices.Contains(valid, name) {
			return nil, fmt.Errorf("unknown toolset %q: use %s or %s", name, strings.Join(valid, ", "), AllToolsets)
		}
		wanted[name] = true
	}
	if len(wanted) == 0 {
		wanted[DefaultToolset] = true
	}
	var out []Tool
	for _, t := range all {
		if mode.Allows(t.spec.Class) && (wanted[AllToolsets] || wanted[t.spec.Toolset]) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b Tool) int { return strings.Compare(a.spec.Name, b.spec.Name) })
	return out, nil
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
