package sandbox

import (
	"net/http"
	"slices"
)

type shortLink struct {
	ID     int64
	URL    string
	Target string
	On     ref
}

func shortLinks(a *account) *table[shortLink] { return tableFor[shortLink](a, "short-links", 1) }

func shortLinkRoutes() []route {
	return []route{{Method: "POST", Path: "/short_links", Do: createShortLinks}}
}

// createShortLinks answers url, account_id and metadata, no id and no request_id
// (Kommo API facts: shapes).
func createShortLinks(c *call) answer {
	b, bad := c.parseMany(schema{
		{name: "url", kind: stringKind, required: true, notBlank: true},
		{name: "metadata", kind: objectKind, required: true, fields: schema{
			{name: "entity_type", kind: stringKind, required: true, check: oneOf("contacts")},
			{name: "entity_id", kind: intKind, required: true, check: exists("contacts")},
		}},
	}, maxBatch)
	if bad != nil {
		return *bad
	}
	if bad := b.refused(); bad != nil {
		return *bad
	}
	var out []object
	for _, it := range b {
		target, _ := it.str("url")
		id, _ := it.obj("metadata").int("entity_id")
		l := &shortLink{ID: shortLinks(c.a).alloc(), Target: target, On: ref{"contacts", id}, URL: "https://kommo.sh/K/" + randomHex(3) + "/" + randomHex(3)}
		shortLinks(c.a).put(l.ID, l)
		out = append(out, object{"url": l.URL, "account_id": c.a.id, "metadata": it.obj("metadata")})
	}
	return ok(object{"_total_items": len(out), "_embedded": object{"short_links": out}})
}

// miscRoutes are small lists without state of their own.
func miscRoutes() []route {
	return []route{
		{Method: "GET", Path: "/currencies", Do: listCurrencies},
		{Method: "GET", Path: "/{entity:leads|customers}/{id:int}/subscriptions", Do: listSubscriptions},
	}
}

func listCurrencies(c *call) answer {
	var rows []object
	for _, k := range [][3]string{
		{"USD", "US dollar", "$"},
		{"EUR", "Euro", "€"},
		{"GBP", "Pound sterling", "£"},
		{"BRL", "Brazilian real", "R$"},
		{"MXN", "Mexican peso", "$"},
		{"RUB", "Russian ruble", "₽"},
		{"ARS", "Argentine peso", "$"},
		{"COP", "Colombian peso", "$"},
	} {
		rows = append(rows, object{"code": k[0], "name": k[1], "symbol": k[2], "is_main": k[0] == c.a.profile.currency})
	}
	return list(c, paging{}, "currencies", "/currencies", rows, func(o object) object { return o })
}

// listSubscriptions: the responsible user watches the record.
func listSubscriptions(c *call) answer {
	on := ref{c.args["entity"], c.id("id")}
	row := c.a.row(on.entity, on.id)
	var watchers []int64
	switch r := row.(type) {
	case *lead:
		watchers = []int64{r.Responsible, r.CreatedBy}
	case *customer:
		watchers = []int64{r.Responsible}
	default:
		return problem(http.StatusNotFound, "Entity not found")
	}
	var rows []object
	for i, id := range watchers {
		if id != 0 && !slices.Contains(watchers[:i], id) {
			rows = append(rows, object{"subscriber_id": id, "type": "user"})
		}
	}
	return list(c, paging{}, "subscriptions", cardPath(on.entity, on.id)+"/subscriptions", rows, func(o object) object { return o })
}
