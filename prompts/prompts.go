// Package prompts holds the prompt texts: Markdown with a front matter that
// names title, description and arguments. {{name}} inserts an argument,
// {{#name}}…{{/name}} keeps its content only if the argument was given and
// {{^name}}…{{/name}} only if it was not.
package prompts

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

//go:embed *.md
var files embed.FS

// Prompt is one text with its arguments.
type Prompt struct {
	Name        string     `yaml:"-"` // the file's name without its ending
	Title       string     `yaml:"title"`
	Description string     `yaml:"description"`
	Arguments   []Argument `yaml:"arguments"`
	body        string
}

// Argument is one placeholder of a prompt.
type Argument struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
	Required    bool   `yaml:"required"`
	// Complete names the kind of values offered while the argument is typed:
	// pipeline, user, direction or period; empty for none.
	Complete string `yaml:"complete"`
}

// All reads the embedded prompts, in the order of their names.
func All() ([]Prompt, error) {
	names, err := fs.Glob(files, "*.md")
	if err != nil {
		return nil, fmt.Errorf("list prompts: %w", err)
	}
	out := make([]Prompt, 0, len(names))
	for _, name := range names {
		raw, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read prompt %s: %w", name, err)
		}
		p, err := parse(strings.TrimSuffix(name, ".md"), string(raw))
		if err != nil {
			return nil, fmt.Errorf("prompt %s: %w", name, err)
		}
		out = append(out, p)
	}
	return out, nil
}

func parse(name, text string) (Prompt, error) {
	head, body, ok := strings.Cut(strings.TrimPrefix(text, "---\n"), "\n---\n")
	if !ok {
		return Prompt{}, errors.New("no front matter between two lines of ---")
	}
	p := Prompt{Name: name, body: strings.TrimSpace(body)}
	if err := yaml.Unmarshal([]byte(head), &p); err != nil {
		return Prompt{}, fmt.Errorf("front matter: %w", err)
	}
	return p, nil
}

var (
	section = regexp.MustCompile(`(?s)\{\{([#^])(\w+)\}\}(.*?)\{\{/(\w+)\}\}`)
	value   = regexp.MustCompile(`\{\{(\w+)\}\}`)
)

// Render fills in the arguments. A missing required one and an unknown one are
// errors that name it: mcp-go checks neither.
func (p Prompt) Render(args map[string]string) (string, error) {
	known := map[string]bool{}
	for _, a := range p.Arguments {
		known[a.Name] = true
		if a.Required && strings.TrimSpace(args[a.Name]) == "" {
			return "", fmt.Errorf("argument %s is missing: %s", a.Name, a.Description)
		}
	}
	for name := range args {
		if !known[name] {
			return "", fmt.Errorf("unknown argument %s; valid: %s", name, strings.Join(p.names(), ", "))
		}
	}
	// Sections first, then values in one pass: an argument's own braces stay text.
	text := section.ReplaceAllStringFunc(p.body, func(m string) string {
		part := section.FindStringSubmatch(m)
		given := strings.TrimSpace(args[part[2]]) != ""
		if given == (part[1] == "#") {
			return part[3]
		}
		return ""
	})
	return value.ReplaceAllStringFunc(text, func(m string) string {
		return args[value.FindStringSubmatch(m)[1]]
	}), nil
}

func (p Prompt) names() []string {
	out := make([]string, len(p.Arguments))
	for i, a := range p.Arguments {
		out[i] = a.Name
	}
	return out
}
