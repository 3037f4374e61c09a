package sandbox

import (
	"slices"
	"strconv"
	"strings"
)

// handler answers one call. The account's lock is held while it runs, so it may
// read and change c.a freely and must not block.
type handler func(c *call) answer

// route declares one endpoint of a resource.
type route struct {
	Method string
	// Path is below /api/v4 unless Root is set. Segments: literal, {name} (any
	// text), {name:int}, {name:a|b|c}. Literals win over wildcards.
	Path string
	Do   handler
	// Query names the parameters that the API knows here, without list indexes:
	// "filter[id]", "filter[price][from]". With and Order name known values. They
	// only feed the audit (Violations): unknown ones are ignored with 200.
	Query, With, Order []string
	Admin              bool // 403 for users who are not administrators
	// Scope is the token scope needed; "" means "crm".
	Scope string
	// Root routes start at the host's root. Without a Scope they ask for no bearer
	// token; with one, the token's account is served whatever the Host (Drive).
	Root bool
	// AnyHost routes are served on hosts that are no account's; c.a may be nil.
	AnyHost bool
	// NoLock leaves c.a unlocked, for handlers that choose accounts themselves.
	NoLock bool

	segs []string
}

// router finds routes by segments. net/http's patterns cannot be used here:
// /leads/{id}/notes and /leads/notes/{id} conflict there, and Kommo has both.
type router struct{ routes []*route }

func newRouter(groups ...[]route) *router {
	rt := &router{}
	for _, g := range groups {
		for i := range g {
			r := &g[i]
			path := r.Path
			if !r.Root {
				path = apiPrefix + path
			}
			r.segs = segments(path)
			rt.routes = append(rt.routes, r)
		}
	}
	return rt
}

const apiPrefix = "/api/v4"

func segments(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }

// find returns the best route, its path arguments, and whether another method
// would have been served at that path.
func (rt *router) find(method, path string) (best *route, args map[string]string, otherMethod bool) {
	segs := segments(path)
	for _, r := range rt.routes {
		a, ok := match(r.segs, segs)
		if !ok {
			continue
		}
		if r.Method != method {
			otherMethod = true
			continue
		}
		if best == nil || moreSpecific(r.segs, best.segs) {
			best, args = r, a
		}
	}
	return best, args, otherMethod
}

func match(pattern, segs []string) (map[string]string, bool) {
	if len(pattern) != len(segs) {
		return nil, false
	}
	args := map[string]string{}
	for i, p := range pattern {
		name, wild := strings.CutPrefix(p, "{")
		if !wild {
			if p != segs[i] {
				return nil, false
			}
			continue
		}
		name, kind, _ := strings.Cut(strings.TrimSuffix(name, "}"), ":")
		if !segmentFits(kind, segs[i]) {
			return nil, false
		}
		args[name] = segs[i]
	}
	return args, true
}

func segmentFits(kind, seg string) bool {
	switch kind {
	case "":
		return seg != ""
	case "int":
		_, err := strconv.ParseInt(seg, 10, 64)
		return err == nil
	default:
		return slices.Contains(strings.Split(kind, "|"), seg)
	}
}

// moreSpecific prefers a literal segment at the first difference, then a
// restricted wildcard over a free one.
func moreSpecific(a, b []string) bool {
	for i := range a {
		if ra, rb := segmentRank(a[i]), segmentRank(b[i]); ra != rb {
			return ra < rb
		}
	}
	return false
}

func segmentRank(seg string) int {
	switch {
	case !strings.HasPrefix(seg, "{"):
		return 0
	case strings.Contains(seg, ":"):
		return 1
	default:
		return 2
	}
}
