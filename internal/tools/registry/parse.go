package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	maxDepth    = 32 // deeper arguments are a mistake or an attack
	maxDigits   = 40 // longer numbers are no amounts and no ids
	maxExponent = 30 // a validator computes 1e999999999 digit by digit
)

// parseObject reads arguments strictly: one JSON object, no key twice, numbers kept as written. Nothing and
// null are the empty object.
func parseObject(raw []byte) (map[string]any, error) {
	if s := bytes.TrimSpace(raw); len(s) == 0 || string(s) == "null" {
		return map[string]any{}, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	v, err := parseValue(dec, "", 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something behind the end of the arguments object")
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the arguments are %s, expected one JSON object such as {\"name\": \"value\"}", shown(v))
	}
	return m, nil
}

func parseValue(dec *json.Decoder, path string, depth int) (any, error) {
	tok, err := dec.Token()
	if err != nil {
		return nil, fmt.Errorf("the arguments are not valid JSON%s: it breaks off or has a wrong character near byte %d", at(path), dec.InputOffset())
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("the arguments are nested too deeply%s", at(path))
	}
	switch tok := tok.(type) {
	case json.Delim:
		if tok == '{' {
			return parseMembers(dec, path, depth)
		}
		return parseItems(dec, path, depth)
	case json.Number:
		if tooBig(tok.String()) {
			return nil, fmt.Errorf("%s is not a number anything here can take%s", shown(tok), at(path))
		}
	}
	return tok, nil
}

func parseMembers(dec *json.Decoder, path string, depth int) (any, error) {
	m := map[string]any{}
	for dec.More() {
		tok, err := dec.Token()
		key, ok := tok.(string)
		if err != nil || !ok {
			return nil, fmt.Errorf("the arguments are not valid JSON%s: a name in double quotes was expected near byte %d", at(path), dec.InputOffset())
		}
		if _, twice := m[key]; twice {
			return nil, fmt.Errorf("%q is given twice%s: give it once", clip(key), at(path))
		}
		if m[key], err = parseValue(dec, join(path, key), depth+1); err != nil {
			return nil, err
		}
	}
	return m, closing(dec, path)
}

func parseItems(dec *json.Decoder, path string, depth int) (any, error) {
	list := []any{}
	for dec.More() {
		v, err := parseValue(dec, path+"["+strconv.Itoa(len(list))+"]", depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, closing(dec, path)
}

func closing(dec *json.Decoder, path string) error {
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("the arguments are not valid JSON%s: a closing bracket was expected near byte %d", at(path), dec.InputOffset())
	}
	return nil
}

func tooBig(number string) bool {
	if len(number) > maxDigits {
		return true
	}
	i := strings.IndexAny(number, "eE")
	if i < 0 {
		return false
	}
	exp, err := strconv.Atoi(number[i+1:])
	return err != nil || exp > maxExponent || exp < -maxExponent
}

func join(path, key string) string {
	if path == "" {
		return clip(key)
	}
	return path + "." + clip(key)
}

func at(path string) string {
	if path == "" {
		return ""
	}
	return " at " + path
}
