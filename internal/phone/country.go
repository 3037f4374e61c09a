package phone

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Country codes with habits of their own.
const (
	mexico    = 52
	argentina = 54
	brazil    = 55
)

// spellings are the ways to read a text, the plain one first; the rest serves only where that one is not valid.
func spellings(text, region string) []string {
	out := []string{text}
	main, extension := splitExtension(text)
	digits := onlyDigits(main)
	if extension != "" {
		extension = ";ext=" + extension
	}
	if rest, ok := strings.CutPrefix(digits, "00"); ok && !hasPlus(main) {
		out = append(out, "+"+rest+extension) // in countries that dial another prefix themselves, as the US with 011
	}
	switch {
	case (region == "RU" || region == "KZ") && hasPlus(main) && len(digits) == 11 && digits[0] == '8':
		out = append(out, digits+extension) // "+8 916 …": the trunk 8 taken for a country code
	case region == "MX" && !hasPlus(main):
		// Dialled until 2019: 044 and 045 before mobiles, 01 before other towns. Cards still hold them.
		for _, trunk := range []string{"044", "045", "01"} {
			if rest, ok := strings.CutPrefix(digits, trunk); ok && len(rest) == lastDigits {
				out = append(out, rest+extension)
			}
		}
	}
	return out
}

// corrected is a valid form of num, or nil. It is num itself unless a numbering plan has changed under it.
func corrected(num *phonenumbers.PhoneNumber) *phonenumbers.PhoneNumber {
	if phonenumbers.IsValidNumber(num) {
		return num
	}
	national := phonenumbers.GetNationalSignificantNumber(num)
	switch int(num.GetCountryCode()) {
	case brazil: // mobiles got a ninth digit between 2012 and 2016
		if len(national) == 10 && national[2] >= '6' {
			national = national[:2] + "9" + national[2:]
		}
	case mexico: // until 2019 mobiles had a 1 after the country code; WhatsApp still writes it
		if len(national) == 11 && national[0] == '1' {
			national = national[1:]
		}
	case argentina: // both mobile marks at once, 9 and 15: without the 9 the library understands the 15
		if len(national) == 13 && national[0] == '9' {
			national = national[1:]
		}
	default:
		return nil
	}
	return rebuilt(num, national)
}

// rebuilt is a number of num's country with another national part and the same extension; nil unless valid.
func rebuilt(num *phonenumbers.PhoneNumber, national string) *phonenumbers.PhoneNumber {
	prefix, _ := strings.CutSuffix(phonenumbers.Format(num, phonenumbers.E164), phonenumbers.GetNationalSignificantNumber(num))
	text := prefix + national
	if ext := num.GetExtension(); ext != "" {
		text += ";ext=" + ext
	}
	n, err := phonenumbers.Parse(text, "")
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return nil
	}
	return n
}

// variants lists the E.164 spellings under which the same line may be known, its own first. Those that the plan no
// longer allows are there because cards and messengers still hold them.
func variants(num *phonenumbers.PhoneNumber) []string {
	own := phonenumbers.Format(num, phonenumbers.E164)
	national := phonenumbers.GetNationalSignificantNumber(num)
	out := []string{own}
	switch int(num.GetCountryCode()) {
	case brazil:
		if len(national) == 11 && national[2] == '9' && national[3] >= '6' {
			out = append(out, "+55"+national[:2]+national[3:])
		}
	case mexico:
		if len(national) == 10 {
			out = append(out, "+521"+national)
		}
	case argentina:
		// The form without 9 is a valid landline of its own to the library; people mean the mobile by it.
		if rest, ok := strings.CutPrefix(national, "9"); ok && len(rest) == 10 {
			out = append(out, "+54"+rest)
		} else if n := rebuilt(num, "9"+national); n != nil {
			out = append(out, phonenumbers.Format(n, phonenumbers.E164))
		}
	}
	return out
}

// argentine15 is an Argentine mobile as it is dialled at home without the leading zero, 11 15 2345-6789 for
// +54 9 11 2345-6789; empty for all others. The area code's length is known to the library alone, which shows it in
// the international format (the national one is wrong for these numbers).
func argentine15(e164 string) string {
	if !strings.HasPrefix(e164, "+549") {
		return ""
	}
	n, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return ""
	}
	groups := strings.Fields(phonenumbers.Format(n, phonenumbers.INTERNATIONAL)) // +54 9 11 2345-6789
	if len(groups) < 4 {
		return ""
	}
	return groups[2] + "15" + onlyDigits(strings.Join(groups[3:], ""))
}
