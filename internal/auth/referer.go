package auth

import (
	"regexp"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

// refererPattern is an account's host, bare or behind https://, and nothing else:
// no user name, port, path or query, no further labels.
var refererPattern = regexp.MustCompile(`^(?:https://)?([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.(?:kommo\.com|amocrm\.com|amocrm\.ru))/?$`)

// CheckHost says whether text names the host of a Kommo account. Our secret is
// sent to it, and whoever calls the callback chooses text.
func CheckHost(text string) (kommo.Account, bool) {
	if len(text) > 100 {
		return kommo.Account{}, false
	}
	found := refererPattern.FindStringSubmatch(strings.ToLower(text))
	// ToLower folds some letters of other alphabets into ours: K becomes k.
	if found == nil || strings.ContainsFunc(text, func(r rune) bool { return r > '~' }) {
		return kommo.Account{}, false
	}
	if strings.HasPrefix(found[1], "xn--") { // reads as another name than it is
		return kommo.Account{}, false
	}
	account, err := kommo.ParseAccount(found[1])
	return account, err == nil
}
