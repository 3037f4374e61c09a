package phone

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// schemes that platforms put before a number.
var schemes = []string{"tel:", "sips:", "sip:", "callto:", "whatsapp:"}

// withheldWords are what platforms and PBXes send for a suppressed number, in lower case without punctuation.
var withheldWords = []string{
	"", "anonymous", "anonymous caller", "restricted", "unavailable", "unknown", "unknown caller", "unknown number",
	"private", "private caller", "private number", "blocked", "withheld", "hidden", "suppressed", "no caller id",
	"not available", "undefined", "null", "none", "n a",
	"anonimo", "anónimo", "anônimo", "privado", "número privado", "numero privado", "oculto", "número oculto",
	"numero oculto", "desconocido", "desconhecido", "restrito", "restringido",
	"анонимный", "аноним", "скрыт", "скрытый", "скрытый номер", "неизвестный", "неизвестно", "неизвестный номер",
}

// keypadWords are the same words dialled on a keypad, as Twilio and its heirs send them: anonymous, restricted,
// unavailable, unknown (shortened) and blocked (shortened). Those with 86 and 266 look like China and Lesotho.
var keypadWords = []string{"266696687", "7378742833", "86282452253", "8656696", "2562533"}

// subject takes the number out of what may surround it: a display name, a URI scheme, a SIP host and parameters.
func subject(raw string) string {
	s := strings.TrimSpace(raw)
	if open := strings.LastIndexByte(s, '<'); open >= 0 {
		s, _, _ = strings.Cut(s[open+1:], ">")
	}
	s, scheme := cutScheme(s)
	s = extensionWord.ReplaceAllString(s, " ext $1")
	if scheme == "" && !strings.Contains(s, "@") {
		return s
	}
	if decoded, err := url.PathUnescape(s); err == nil {
		s = decoded
	}
	if user, _, ok := strings.Cut(s, "@"); ok {
		if scheme == "" && !hasPlus(user) {
			return "@" // an e-mail address: its digits are no number
		}
		s, _, _ = strings.Cut(user, ":") // a SIP password
	}
	if strings.HasPrefix(scheme, "sip") && !strings.Contains(s, ";ext=") {
		s, _, _ = strings.Cut(s, ";") // parameters such as ;transport=tcp
	}
	return strings.TrimSpace(s)
}

// cutScheme takes one scheme off, whatever its case.
func cutScheme(s string) (rest, scheme string) {
	for _, scheme := range schemes {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return strings.TrimPrefix(strings.TrimSpace(s[len(scheme):]), "//"), scheme
		}
	}
	return s, ""
}

func withheldWord(text string) bool {
	words := strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return strings.ContainsRune(" \t-_./()\"'", c) })
	return slices.Contains(withheldWords, strings.Join(words, " "))
}

func keypadWithheld(digits string) bool { return slices.Contains(keypadWords, digits) }

// hasPlus tells whether the country code is written out; the full-width plus counts.
func hasPlus(s string) bool {
	s = strings.TrimLeft(s, " (")
	return strings.HasPrefix(s, "+") || strings.HasPrefix(s, "＋")
}

// splitExtension takes "ext. 12" off.
func splitExtension(text string) (main, extension string) {
	return phonenumbers.MaybeSeparateExtensionFromPhone(text)
}

// onlyDigits keeps the digits of any script as ASCII; letters count as on a keypad where the text is a vanity number.
func onlyDigits(s string) string {
	if vanity.MatchString(s) {
		s = phonenumbers.ConvertAlphaCharactersInNumber(s)
	}
	return phonenumbers.NormalizeDigitsOnly(s)
}

var (
	// extensionWord are the words for an extension that the library does not know.
	extensionWord = regexp.MustCompile(`(?i)[\s,]+(?:ramal|interno|int|anexo)[.: ]\s*(\d{1,6})$`)
	// vanity is a toll-free number with letters: 1-800-FLOWERS.
	vanity = regexp.MustCompile(`^\+?(?:1[-. ]?)?\(?8(?:00|33|44|55|66|77|88)\)?[-. ]?[0-9A-Z]*[A-Z][A-Z][0-9A-Z-]*$`)
	// otherDigits are dates, IPv4 addresses and amounts.
	otherDigits = regexp.MustCompile(`^(?:\d{4}[-./]\d\d?[-./]\d\d?|\d\d?[-./]\d\d?[-./]\d{4}|\d+\.\d+\.\d+\.\d+|\d\d?\d?(?:\.\d{3})+|\d+\.\d\d?)$`)
)

// Looks tells whether a search text looks like a telephone number: 7 to 17 digits with nothing but a number's
// punctuation, or a tel: or sip: address with that many. Dates, IP addresses and amounts do not; a bare number of
// 7 digits or more does, though it may be an id.
func Looks(s string) bool {
	s = strings.TrimSpace(s)
	if len(s) > 80 {
		return false
	}
	if _, scheme := cutScheme(s); scheme != "" {
		s = subject(s)
	}
	main, _ := splitExtension(extensionWord.ReplaceAllString(s, " ext $1"))
	if otherDigits.MatchString(s) || !numeric(main) && !vanity.MatchString(s) {
		return false
	}
	n := len(onlyDigits(main))
	return n >= minDigits && n <= maxDigits
}

// numeric tells whether s is made of digits, of any script, and a number's punctuation.
func numeric(s string) bool {
	rest := strings.TrimLeft(s, "+＋(")
	first, _ := utf8.DecodeRuneInString(rest)
	if !unicode.Is(unicode.Nd, first) {
		return false
	}
	return !strings.ContainsFunc(rest, func(c rune) bool {
		return !unicode.Is(unicode.Nd, c) && !strings.ContainsRune(" ().-/\u00a0\u2010\u2011\u2012\u2013\u2014\u2015", c)
	})
}
