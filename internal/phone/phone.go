// Package phone reads telephone numbers as people, CRM cards and telephony platforms write them, and tells which
// spellings belong to the same line. It rests on phonenumbers, with corrections where that library and the
// numbering plans of Brazil, Mexico, Argentina, Russia and Kazakhstan part ways.
//
// The rule on doubt: a number that is not certainly valid keeps its raw text, gets no E.164 form, and nothing is
// ever merged on it. Digits written in full without the plus are no doubt where they are valid with it and no number
// of the account's country: messengers and telephony platforms write so.
package phone

import (
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// maxRaw is the longest text that is read, in bytes; the library's own limit is the same.
const maxRaw = 250

// Digits that a number may have: fewer is a short code or an extension, more is two numbers in one field.
const (
	minDigits = 7
	maxDigits = 17
)

// lastDigits is how many final digits Kommo compares when it looks for the card of a call (Kommo API facts: calls).
const lastDigits = 10

// Number is what a text says about a telephone number.
type Number struct {
	Raw       string   // as it came
	E164      string   // "+5511987654321"; empty unless Valid
	Valid     bool     // certainly a number of a numbering plan
	Variants  []string // every E.164 spelling of the same line, E164 first; empty unless Valid
	National  string   // the digits after the country code, with a leading zero where it belongs (Italy); empty unless Valid
	Digits    string   // E.164 digits without the plus where Valid, else the digits that were typed, letters as on a keypad
	Last10    string   // last 10 of Digits; empty where there are fewer, or so many that it cannot be one number
	Extension string   // "ext. 12"; never part of the other fields
	Withheld  bool     // the caller's number was suppressed: there is no line to match
	Short     bool     // emergency number, short code or service code such as *100#: no contact is made of it
}

// Parse reads a number. region is the ISO 3166 code of the account's country, used for numbers without a country
// code; it may be empty or unknown, and then such numbers are not valid. Parse never fails.
func Parse(raw, region string) Number {
	return read(raw, region).Number
}

// reading is a Number and how it came about.
type reading struct {
	Number
	plus bool // the country code was written, not taken from the region
}

func read(raw, region string) reading {
	r := reading{Number: Number{Raw: raw}}
	if len(raw) > maxRaw {
		return r
	}
	text := subject(raw)
	if withheldWord(text) || hasPlus(text) && keypadWithheld(onlyDigits(text)) {
		r.Withheld = true
		return r
	}
	region = knownRegion(region)
	num, plus := resolve(text, region)
	if num == nil {
		return unresolved(r, text, region)
	}
	r.plus, r.Valid = plus, true
	r.E164 = phonenumbers.Format(num, phonenumbers.E164)
	r.National = phonenumbers.GetNationalSignificantNumber(num)
	r.Variants = variants(num)
	r.Extension = num.GetExtension()
	r.Digits = r.E164[1:]
	r.Last10 = last10(r.Digits)
	return r
}

// unresolved keeps what can be said of a text that is no valid number.
func unresolved(r reading, text, region string) reading {
	main, extension := splitExtension(text)
	digits := onlyDigits(main)
	if keypadWithheld(digits) {
		r.Withheld = true
		return r
	}
	r.plus = hasPlus(main)
	r.Digits, r.Extension = digits, extension
	r.Last10 = last10(digits)
	r.Short = isShort(main, digits, region)
	return r
}

// resolve tries the spellings of text in turn; nil where none is valid.
func resolve(text, region string) (num *phonenumbers.PhoneNumber, plus bool) {
	for _, s := range spellings(text, region) {
		n, err := phonenumbers.Parse(s, region)
		if err != nil {
			continue
		}
		if n = corrected(n); n != nil {
			return n, hasPlus(s)
		}
	}
	return inFull(text), false
}

// Digits of a number written in full without its plus, as messengers and some platforms do. Fewer are more likely
// a local number with a mistake in it.
const (
	minFull = 11
	maxFull = 15
)

// inFull reads a text as the whole international number; nil unless it is valid as such. It comes last, after the
// account's own country: 5511987654321 is nobody's number in the United States.
func inFull(text string) *phonenumbers.PhoneNumber {
	main, extension := splitExtension(text)
	digits := onlyDigits(main)
	if hasPlus(main) || len(digits) < minFull || len(digits) > maxFull {
		return nil
	}
	if extension != "" {
		extension = ";ext=" + extension
	}
	n, err := phonenumbers.Parse("+"+digits+extension, "")
	if err != nil {
		return nil
	}
	return corrected(n)
}

// knownRegion is the region in upper case, or empty where the library does not know it.
func knownRegion(region string) string {
	region = strings.ToUpper(strings.TrimSpace(region))
	if phonenumbers.GetSupportedRegions()[region] {
		return region
	}
	return ""
}

func last10(digits string) string {
	if len(digits) < lastDigits || len(digits) > maxDigits {
		return ""
	}
	return digits[len(digits)-lastDigits:]
}

// isShort tells emergency numbers, short codes and service codes, none of which is anybody's line.
func isShort(main, digits, region string) bool {
	switch {
	case digits == "":
		return false
	case len(digits) < minDigits, strings.ContainsAny(main[:1], "*#"):
		return true
	case region == "" || hasPlus(main):
		return false
	}
	n, err := phonenumbers.Parse(digits, region)
	return err == nil && phonenumbers.IsValidShortNumberForRegion(n, region)
}

// Strength says how surely two texts are the same line.
type Strength uint8

const (
	// None means different lines, or not enough to tell.
	None Strength = iota
	// Same means the same last 10 digits (or the same 7 to 9): worth showing to a person, never enough to merge.
	Same
	// Exact means the same line, national habits of writing it allowed for.
	Exact
)

// String is "none", "same" or "exact".
func (s Strength) String() string {
	return [...]string{"none", "same", "exact"}[min(s, Exact)]
}

// Match compares two texts. Withheld and short numbers match nothing, not even themselves. Numbers that differ in
// their extension are Same at most: behind a switchboard there are several people. Two numbers with different
// country codes written out are None, whatever their last digits.
func Match(a, b, region string) Strength {
	x, y := read(a, region), read(b, region)
	if x.Withheld || y.Withheld || x.Short || y.Short {
		return None
	}
	strength := compare(x, y)
	if strength == Exact && x.Extension != y.Extension {
		return Same
	}
	return strength
}

func compare(x, y reading) Strength {
	if x.Valid && y.Valid {
		switch {
		case slices.ContainsFunc(x.Variants, func(v string) bool { return slices.Contains(y.Variants, v) }):
			return Exact
		case x.plus && y.plus:
			return None
		}
	}
	if x.Digits == y.Digits && len(x.Digits) >= minDigits && len(x.Digits) <= maxDigits {
		if x.plus && y.plus { // both invalid, as sample numbers are, but spelled out alike
			return Exact
		}
		return Same
	}
	if x.Last10 != "" && x.Last10 == y.Last10 {
		return Same
	}
	return None
}

// Search lists the texts to send as Kommo's query, the likeliest first. Kommo looks for a substring and takes +7 and
// 8 for different numbers (Kommo API facts: query), so the country code is left out: the last 10 digits, or the whole
// national number where it is shorter, which then finds both spellings. More texts follow only where a line has
// several national spellings (Brazil, Argentina). Check what comes back with Match. Nil for withheld and short
// numbers and for what holds no number.
func Search(raw, region string) []string {
	n := Parse(raw, region)
	switch {
	case n.Withheld, n.Short:
		return nil
	case n.Valid:
		return nationalSpellings(n)
	case n.Last10 != "":
		return []string{n.Last10}
	case len(n.Digits) >= minDigits && len(n.Digits) < lastDigits:
		return []string{n.Digits}
	default:
		return nil
	}
}

// nationalSpellings is the last 10 digits of the national part of every variant.
func nationalSpellings(n Number) []string {
	var out []string
	add := func(national string) {
		if q := national[max(0, len(national)-lastDigits):]; !slices.Contains(out, q) {
			out = append(out, q)
		}
	}
	prefix := len(n.Digits) - len(n.National) // the country code
	for _, v := range n.Variants {
		add(v[1+prefix:])
	}
	if s := argentine15(n.E164); s != "" {
		add(s)
	}
	return out
}
