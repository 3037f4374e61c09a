package sandbox

import (
	"strings"
	"sync"
	"time"
)

// ref names one entity: the plural API name ("leads") and its id.
type ref struct {
	entity string
	id     int64
}

// account is the whole state of one Kommo account. Handlers run one at a time
// under mu, so nothing below needs a lock of its own.
type account struct {
	mu     sync.Mutex
	id     int64
	host   string
	clock  func() time.Time
	sw     Switches
	tables map[string]any // see tableFor
	events []*event       // oldest first
	served int            // requests let through by authorize

	profile profile
	links   linkStore
	tags    map[string]*table[tag] // one dictionary per entity type
	// closestTask is kept by the task resource: the earliest open deadline.
	closestTask map[ref]int64
}

// profile is what GET /account shows and nothing else keeps.
type profile struct {
	name, subdomain, language, country   string
	currency, currencySymbol, timezone   string
	uuid, amojoID, driveURL              string
	createdAt                            int64
	createdBy                            int64
	unsortedOn, lossReasons, helpbot     bool
	productsOff                          bool
	contactNameOrder                     int
	customersMode                        string
	datePattern, timePattern, dateFormat string
}

func newAccount(id int64, host string, clock func() time.Time, sw Switches) *account {
	sub, _, _ := strings.Cut(host, ".")
	return &account{
		id: id, host: host, clock: clock, sw: sw,
		tables: map[string]any{}, tags: map[string]*table[tag]{},
		closestTask: map[ref]int64{},
		profile: profile{
			name: sub, subdomain: sub, language: "en", country: "US",
			currency: "USD", currencySymbol: "$", timezone: "America/New_York",
			driveURL:   "https://drive-c." + zoneOf(host),
			createdAt:  clock().Unix(),
			unsortedOn: true, lossReasons: true, contactNameOrder: 1, customersMode: "disabled",
			datePattern: "m/d/Y", timePattern: "H:i", dateFormat: "m/d/Y",
		},
	}
}

// zoneOf is the part of a host after the subdomain: "kommo.com".
func zoneOf(host string) string {
	_, zone, ok := strings.Cut(host, ".")
	if !ok {
		return "kommo.com"
	}
	return zone
}

// now is the account's time in unix seconds.
func (a *account) now() int64 { return a.clock().Unix() }

// has tells whether the entity exists. It works for every table made by tableFor
// under its API name.
func (a *account) has(entity string, id int64) bool {
	t, ok := a.tables[entity].(anyTable)
	return ok && t.has(id)
}

// row returns the record as a pointer to its own type, or nil.
func (a *account) row(entity string, id int64) any {
	if t, ok := a.tables[entity].(anyTable); ok {
		return t.row(id)
	}
	return nil
}
