package crm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/phone"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// lineChange is what adding and removing does to the phones or e-mails of a card.
type lineChange struct {
	send          kommo.FieldValueWrite
	before, after []string
}

// lines are the phones or the e-mails of a card, and how two of them compare.
type lines struct {
	code    string // PHONE or EMAIL
	word    string // "phone"
	held    kommo.FieldValue
	same    func(a, b string) bool
	similar func(a, b string) bool   // less sure; enough to take one out if it is the only one like it
	stored  func(text string) string // the form in which it is written
}

// changeLines adds and removes phones and e-mails, keeping the others with their
// kinds. One that is there already, or not there to be removed, is no change.
func (s *Service) changeLines(ctx context.Context, held []kommo.FieldValue, writes []kommo.FieldValueWrite, p PersonChange) (out []lineChange, warnings []string, err error) {
	region, err := s.region(ctx, p.AddPhone+p.RemovePhone)
	if err != nil {
		return nil, nil, err
	}
	jobs := []struct {
		lines
		add, remove string
	}{
		{phoneLines(held, region), p.AddPhone, p.RemovePhone},
		{emailLines(held), p.AddEmail, p.RemoveEmail},
	}
	for _, j := range jobs {
		if strings.TrimSpace(j.add+j.remove) == "" {
			continue
		}
		if err := j.check(j.add, region, writes); err != nil {
			return nil, nil, err
		}
		change, warning := j.changed(j.add, j.remove)
		if change != nil {
			out = append(out, *change)
		}
		warnings = warned(warnings, warning)
	}
	return out, warnings, nil
}

func phoneLines(held []kommo.FieldValue, region string) lines {
	return lines{
		code: kommo.CodePhone, word: "phone", held: fieldByCode(held, kommo.CodePhone),
		same: func(a, b string) bool { return samePhone(a, b, region) },
		similar: func(a, b string) bool {
			return phone.Match(a, b, region) == phone.Same && phone.Parse(a, region).Extension == phone.Parse(b, region).Extension
		},
		stored: func(text string) string { return storedPhone(text, region) },
	}
}

func emailLines(held []kommo.FieldValue) lines {
	return lines{
		code: kommo.CodeEmail, word: "email", held: fieldByCode(held, kommo.CodeEmail),
		same:    func(a, b string) bool { return foldEmail(a) == foldEmail(b) },
		similar: func(string, string) bool { return false },
		stored:  strings.TrimSpace,
	}
}

func fieldByCode(held []kommo.FieldValue, code string) kommo.FieldValue {
	if at := slices.IndexFunc(held, func(f kommo.FieldValue) bool { return f.Is(code) }); at >= 0 {
		return held[at]
	}
	return kommo.FieldValue{}
}

// samePhone tells whether two texts are the same line or written alike.
func samePhone(a, b, region string) bool {
	return strings.TrimSpace(a) == strings.TrimSpace(b) || phone.Match(a, b, region) == phone.Exact
}

// storedPhone is E.164 where the number is certainly valid, else the text as it
// came: nothing is guessed. An extension stays part of the text.
func storedPhone(text, region string) string {
	if n := phone.Parse(text, region); n.Valid && n.Extension == "" {
		return n.E164
	}
	return strings.TrimSpace(text)
}

// check refuses what is no phone or e-mail, and one field written in two ways.
func (l lines) check(add, region string, writes []kommo.FieldValueWrite) error {
	if slices.ContainsFunc(writes, func(w kommo.FieldValueWrite) bool { return w.FieldID == l.held.FieldID && w.FieldID != 0 }) {
		return problem.Invalid("fields", fmt.Sprintf("The argument fields writes the %ss too, which would undo add_%s and remove_%s.", l.word, l.word, l.word)).
			WithNext("Leave them out of fields.")
	}
	if l.code == kommo.CodePhone {
		return checkPhone("add_phone", add, region)
	}
	return checkEmail("add_email", add)
}

// checkPhone refuses a text that is no telephone number; empty text passes.
func checkPhone(argument, text, region string) error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	if n := phone.Parse(text, region); n.Withheld || len(n.Digits) < 3 {
		return problem.Invalid(argument, fmt.Sprintf("%q is no telephone number.", short(text, longName))).
			WithNext("Write it with the country code, such as +15550100123, or leave it out.")
	}
	return nil
}

// checkEmail refuses a text that is no e-mail address; empty text passes.
func checkEmail(argument, text string) error {
	text = strings.TrimSpace(text)
	name, host, ok := strings.Cut(text, "@")
	if text == "" || ok && name != "" && host != "" && !strings.ContainsAny(text, " \t\n,;") {
		return nil
	}
	return problem.Invalid(argument, fmt.Sprintf("%q is no e-mail address.", short(text, longName))).
		WithNext("Write it like maria@example.com, or leave it out.")
}

// changed is the change; nil where nothing differs. The warning says that the one
// to be removed is not there.
func (l lines) changed(add, remove string) (*lineChange, string) {
	warning := ""
	c := lineChange{send: kommo.FieldValueWrite{FieldCode: l.code}, before: l.held.Texts(), after: []string{}}
	remove = l.meant(remove)
	for _, v := range l.held.Values {
		if remove == "" || !l.same(v.Text(), remove) {
			c.send.Values, c.after = append(c.send.Values, v.Back(kommo.FieldMultitext)), append(c.after, v.Text())
		}
	}
	if remove != "" && len(c.after) == len(l.held.Values) {
		warning = fmt.Sprintf("There was no %s %s to remove; the card has %s.", l.word, remove, listed(c.before))
	}
	if add != "" && !slices.ContainsFunc(c.after, func(held string) bool { return l.same(held, add) }) {
		text := l.stored(add)
		c.send.Values, c.after = append(c.send.Values, kommo.ValueWrite{Value: text, EnumCode: "WORK"}), append(c.after, text)
	}
	if slices.Equal(c.before, c.after) {
		return nil, warning
	}
	return &c, warning
}

// meant is the one on the card that is to be removed: the same line, or else the only one that is
// similar, such as a number of another country without its code.
func (l lines) meant(remove string) string {
	var alike []string
	for _, text := range l.held.Texts() {
		switch {
		case remove == "" || l.same(text, remove):
			return remove
		case l.similar(text, remove):
			alike = append(alike, text)
		}
	}
	if len(alike) == 1 {
		return alike[0]
	}
	return remove
}

// listed writes a list into a sentence.
func listed(texts []string) string {
	if len(texts) == 0 {
		return "none"
	}
	return strings.Join(texts, ", ")
}
