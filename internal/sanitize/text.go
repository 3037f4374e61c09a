// Package sanitize cleans text that comes from a CRM before a model reads it: characters that people do not
// see but models do, and lookalikes of the delimiters that models are trained on. Visible text is kept.
package sanitize

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// invisible are the characters that carry hidden text or reorder what is visible. Grouped by reason.
var invisible = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00AD, Hi: 0x00AD, Stride: 1}, // soft hyphen
		{Lo: 0x034F, Hi: 0x034F, Stride: 1}, // combining grapheme joiner
		{Lo: 0x061C, Hi: 0x061C, Stride: 1}, // Arabic letter mark (bidi)
		{Lo: 0x115F, Hi: 0x1160, Stride: 1}, // Hangul fillers
		{Lo: 0x17B4, Hi: 0x17B5, Stride: 1}, // Khmer inherent vowels, invisible
		{Lo: 0x180B, Hi: 0x180F, Stride: 1}, // Mongolian variation selectors and vowel separator
		{Lo: 0x200B, Hi: 0x200F, Stride: 1}, // zero-width characters, left-to-right and right-to-left marks
		{Lo: 0x202A, Hi: 0x202E, Stride: 1}, // bidi embeddings and overrides
		{Lo: 0x2060, Hi: 0x206F, Stride: 1}, // word joiner, invisible operators, bidi isolates, deprecated controls
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // Hangul filler
		{Lo: 0xFDD0, Hi: 0xFDEF, Stride: 1}, // noncharacters
		{Lo: 0xFE00, Hi: 0xFE0F, Stride: 1}, // variation selectors (16 behind an emoji is kept)
		{Lo: 0xFEFF, Hi: 0xFEFF, Stride: 1}, // byte order mark
		{Lo: 0xFFA0, Hi: 0xFFA0, Stride: 1}, // halfwidth Hangul filler
		{Lo: 0xFFF0, Hi: 0xFFFB, Stride: 1}, // unassigned ignorables, interlinear annotation
		{Lo: 0xFFFE, Hi: 0xFFFF, Stride: 1}, // noncharacters
	},
	R32: []unicode.Range32{
		{Lo: 0x1BCA0, Hi: 0x1BCA3, Stride: 1}, // shorthand format controls
		{Lo: 0x1D173, Hi: 0x1D17A, Stride: 1}, // musical format controls
		{Lo: 0xE0000, Hi: 0xE0FFF, Stride: 1}, // tag characters, variation selectors 17 to 256
	},
}

const (
	zeroWidthJoiner = '\u200D'
	emojiSelector   = '\uFE0F'
)

// delimiters are the role and tool markers of common chat formats. A person has no reason to write them, so
// a space behind the bracket disarms them and leaves them readable. Compiled at first use, to spare
// the start of the process.
var delimiters = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(<)(\|[^|<>\n]{1,60}\|>)` +
		`|(<)(/?(?:antml:)?(?:system|assistant|human|user|developer|instructions?|system[-_]reminder|tool_(?:use|calls?|results?|response)|function_(?:calls?|results?)|invoke|parameter)(?:[\s/][^<>]{0,100})?>)` +
		`|(\[)(/?(?:INST|SYSTEM)\])|(<<)(/?SYS>>)`)
})

// Text returns s without invisible, bidirectional and control characters (tab and newline stay, a carriage
// return becomes a newline) and with chat delimiters disarmed. Invalid UTF-8 becomes U+FFFD. Text(Text(s))
// equals Text(s).
func Text(s string) string {
	if !suspicious(s) {
		return s
	}
	s = visible(s)
	if strings.ContainsAny(s, "<[") {
		s = delimiters().ReplaceAllString(s, "$1$3$5$7 $2$4$6$8")
	}
	return s
}

// suspicious is the fast path: most texts are plain and are returned as they are.
func suspicious(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c == '<' || c == '[' || control(rune(c)) {
				return true
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if (r == utf8.RuneError && size == 1) || control(r) || hidden(r) {
			return true
		}
		i += size
	}
	return false
}

func visible(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	last := rune(-1) // what was written last
	for i, r := range s {
		switch {
		case r == '\r':
			if strings.HasPrefix(s[i+1:], "\n") {
				continue
			}
			r = '\n'
		case r == '\u2028' || r == '\u2029':
			r = '\n'
		case control(r):
			continue
		case r == emojiSelector && pictograph(last), r == zeroWidthJoiner && joins(last, s[i+3:]):
		case hidden(r):
			continue
		}
		b.WriteRune(r) // invalid bytes arrive as U+FFFD
		last = r
	}
	return b.String()
}

// control tells C0 and C1 controls and DEL, without tab and newline.
func control(r rune) bool {
	return (r < 0x20 && r != '\t' && r != '\n') || (r >= 0x7F && r <= 0x9F)
}

func hidden(r rune) bool {
	return r == '\u2028' || r == '\u2029' || unicode.Is(invisible, r) || (r > 0xFFFF && r&0xFFFE == 0xFFFE)
}

// joins tells a joiner inside an emoji (a family, a profession) from one that hides between letters.
func joins(last rune, rest string) bool {
	next, _ := utf8.DecodeRuneInString(rest)
	return (last == emojiSelector || pictograph(last)) && pictograph(next)
}

// pictograph tells characters that an emoji selector may follow: symbols, skin tones, keycap digits.
func pictograph(r rune) bool {
	if r < 0x80 {
		return r == '#' || r == '*' || (r >= '0' && r <= '9')
	}
	return unicode.In(r, unicode.So, unicode.Sk) || r == '‼' || r == '⁉' || unicode.In(r, unicode.Sm) && r >= 0x2190
}
