package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

type kind uint8

const (
	anyKind    kind = iota
	intKind         // whole number
	numberKind      // any number
	stringKind
	boolKind
	scalarKind // text or number
	objectKind // fields describes it
	listKind   // item describes each element
)

// field declares one key of a write body. Keys that no field names are refused
// with FieldNotExpected; null is accepted unless notNull or required is set
// (Kommo API facts: transport).
type field struct {
	name     string
	kind     kind
	required bool
	notNull  bool
	notBlank bool
	min, max int    // bounds of a list's length; 0 = none
	item     *field // of a listKind
	fields   schema // of an objectKind; nil leaves the object's keys unchecked
	// check returns the code of what is wrong with the value ("" when nothing is).
	// It runs after the kind was found right and never sees nil.
	check func(c *call, v any) string
}

// schema is the declared body of one endpoint.
type schema []field

// problems collects the field errors of one item.
type problems struct{ list []fieldError }

func (p *problems) add(path, code string) {
	p.list = append(p.list, fieldError{Code: code, Path: path, Detail: codeDetail(code)})
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// validate checks the object against the schema; path is its dotted path within
// the item ("" for the item itself).
func (s schema) validate(c *call, o object, path string, p *problems) {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		known := slices.ContainsFunc(s, func(f field) bool { return f.name == name })
		if at := join(path, name); !known && !saysNothing(at, o[name]) {
			p.add(at, codeNotExpected)
		}
	}
	for i := range s {
		f := &s[i]
		v, sent := o[f.name]
		if !sent {
			if f.required {
				p.add(join(path, f.name), codeMissing)
			}
			continue
		}
		f.validate(c, v, join(path, f.name), p)
	}
}

// saysNothing tells an _embedded, or a list in it, that is empty: published clients
// send those with every save, also where nothing can be embedded.
func saysNothing(path string, v any) bool {
	top, _, _ := strings.Cut(path, ".")
	switch v := v.(type) {
	case object:
		return top == "_embedded" && len(v) == 0
	case []any:
		return top == "_embedded" && len(v) == 0
	}
	return false
}

func (f *field) validate(c *call, v any, path string, p *problems) {
	if list, isList := v.([]any); isList && len(list) == 0 && f.kind == objectKind {
		v = object{} // one and the same to PHP, on either side
	}
	if v == nil {
		switch {
		case f.notBlank:
			p.add(path, codeNotBlank)
		case f.required || f.notNull:
			p.add(path, codeNotNull)
		}
		return
	}
	if !f.kind.fits(v) {
		p.add(path, codeInvalidType)
		return
	}
	if s, ok := v.(string); ok && f.notBlank && s == "" {
		p.add(path, codeNotBlank)
		return
	}
	if f.check != nil {
		if code := f.check(c, v); code != "" {
			p.add(path, code)
			return
		}
	}
	f.validateInside(c, v, path, p)
}

func (f *field) validateInside(c *call, v any, path string, p *problems) {
	switch v := v.(type) {
	case object:
		if f.fields != nil {
			f.fields.validate(c, v, path, p)
		}
	case []any:
		if len(v) < f.min {
			p.add(path, codeTooFew)
		}
		if f.max > 0 && len(v) > f.max {
			p.add(path, codeTooMany)
		}
		if f.item != nil {
			for i, e := range v {
				f.item.validate(c, e, join(path, strconv.Itoa(i)), p)
			}
		}
	}
}

func (k kind) fits(v any) bool {
	var kinds []kind
	switch v.(type) {
	case int64:
		kinds = []kind{intKind, numberKind, scalarKind}
	case float64:
		kinds = []kind{numberKind, scalarKind}
	case string:
		kinds = []kind{stringKind, scalarKind}
	case bool:
		kinds = []kind{boolKind}
	case object:
		kinds = []kind{objectKind}
	case []any:
		kinds = []kind{listKind}
	}
	return k == anyKind || slices.Contains(kinds, k)
}

// item is one element of a write body.
type item struct {
	object
	p problems
	// requestID is what the caller sent, or the index as text. It is echoed and
	// never stored. sentID tells whether the caller sent one.
	requestID string
	sentID    bool
}

func (it *item) setRequestID(index int) {
	it.requestID = strconv.Itoa(index)
	if v, ok := it.object["request_id"]; ok && v != nil {
		it.requestID, it.sentID = fmt.Sprint(v), true
	}
}

// batch is the items of one write. Usage: parse, check each item further with
// it.p.add, then stop at refused() before anything is changed: one bad item
// fails the whole request.
type batch []*item

const maxBatch = 250

// parseMany reads a JSON array body. The schema gets request_id by itself; add
// "id" for PATCH. The answer is set when the body as a whole is no use.
func (c *call) parseMany(s schema, limit int) (batch, *answer) {
	v, err := decodeJSON(c.body)
	list, isList := v.([]any)
	switch {
	case len(c.body) == 0 || isList && len(list) == 0:
		return nil, new(invalid("Request data can not be empty"))
	case err != nil || !isList:
		return nil, new(invalid("Invalid request body"))
	case len(list) > limit:
		return nil, new(problem(http.StatusUnprocessableEntity, fmt.Sprintf("Limit %d per page", limit)))
	}
	b := make(batch, len(list))
	for i, e := range list {
		it := &item{requestID: strconv.Itoa(i)}
		b[i] = it
		o, isObject := e.(object)
		if !isObject {
			it.p.add("", codeInvalidType)
			continue
		}
		it.object = o
		it.setRequestID(i)
		withRequestID(s).validate(c, o, "", &it.p)
	}
	return b, nil
}

// parseOne reads a JSON object body, as PATCH /{id} takes it. id and request_id
// are accepted in it (clients send them).
func (c *call) parseOne(s schema) (*item, *answer) {
	v, err := decodeJSON(c.body)
	o, isObject := v.(object)
	switch {
	case len(c.body) == 0 || isObject && len(o) == 0:
		return nil, new(invalid("Request data can not be empty"))
	case err != nil || !isObject:
		return nil, new(invalid("Invalid request body"))
	}
	it := &item{object: o}
	it.setRequestID(0)
	s = withRequestID(s)
	if !slices.ContainsFunc(s, func(f field) bool { return f.name == "id" }) {
		s = append(s, field{name: "id", kind: scalarKind})
	}
	s.validate(c, o, "", &it.p)
	return it, nil
}

func withRequestID(s schema) schema {
	return append(slices.Clone(s), field{name: "request_id", kind: scalarKind})
}

// refused returns the 400 when any item has errors, grouped by request_id.
func (b batch) refused() *answer {
	var errs []validationError
	for _, it := range b {
		if len(it.p.list) > 0 {
			errs = append(errs, validationError{RequestID: it.requestID, Errors: it.p.list})
		}
	}
	if errs == nil {
		return nil
	}
	return new(invalidFields(errs))
}

// oneOf is a check: the value is one of the choices.
func oneOf[T comparable](choices ...T) func(*call, any) string {
	return func(_ *call, v any) string {
		if t, ok := v.(T); ok && slices.Contains(choices, t) {
			return ""
		}
		return codeNotSupported
	}
}

// isUser is a check: an active user. An author may be one who was deactivated
// since, or 0, the robot: published clients send back the author they read.
func isUser(author bool) func(*call, any) string {
	return func(c *call, v any) string {
		id, _ := v.(int64)
		if id == 0 && author {
			return ""
		}
		if u := users(c.a).get(id); u != nil && (author || u.Rights.IsActive) {
			return ""
		}
		return codeNotSupported
	}
}

// keepsResponsible takes back the refusal of a responsible user who is the record's
// already: published clients save with every key that they read, and a user who was
// deactivated keeps the records.
func (it *item) keepsResponsible(now int64) {
	const key = "responsible_user_id"
	if id, sent := it.int(key); sent && id == now {
		it.p.list = slices.DeleteFunc(it.p.list, func(e fieldError) bool { return e.Path == key })
	}
}
