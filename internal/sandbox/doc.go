// Package sandbox is a whole Kommo, with one or several accounts, in memory behind
// the real HTTP API. It serves demo mode and tests. It is written from the API
// facts alone and imports nothing of the product, so that a wrong field name in the
// client cannot hide in the fake.
//
// Writes are strict (an unknown key is 400), reads are lax (an unknown filter is
// ignored), empty lists are 204, as in Kommo. Every request is recorded
// (Sandbox.Arrivals) and audited (Sandbox.Violations); faults are injected with
// Sandbox.Inject.
//
// # How a resource is added
//
// A resource is one file: its stored type, its routes, its handlers. leads.go is
// the sample.
//
//  1. State: a struct and `func things(a *account) *table[thing] { return
//     tableFor[thing](a, "things", firstID) }`. No change to account is needed. A
//     table named as in the API ("contacts") makes a.has("contacts", id) and
//     a.row work for others.
//  2. Routes: `func thingRoutes() []route`, and one line in routes.go. Paths are
//     below /api/v4, with {id:int}, {entity:leads|contacts}, {uid}. Query, With and
//     Order name what the API knows here; they feed the audit only. Admin routes
//     answer 403 to other users.
//  3. Handlers are func(c *call) answer. The account is locked and the user is known
//     (c.user, c.actor()). Path arguments: c.id("id"), c.args["uid"]. Time: c.now().
//  4. Reads: filter and sort a slice, then list(c, paging{}, "things", "/things",
//     rows, view), which pages, links and answers 204 when empty. The view uses
//     c.selfItem(path) in lists and c.self(path) for single reads. whole() is for
//     lists that never page and have a total. Query: c.q.ids("filter", "id"),
//     c.q.values, c.q.list, c.q.span, c.q.groups, c.q.order, c.with("name"); filter.go
//     has matchIDs, matchText, matchTime, matchSince, matchQuery and sortRows.
//  5. Writes: declare a schema; b, bad := c.parseMany(schema, maxBatch) or it, bad :=
//     c.parseOne(schema); add further errors with it.p.add(path, code); stop at
//     b.refused(); only then change state, so that one bad item saves nothing. Answer
//     ok(writeBody(...)) with it.requestID in every created item.
//  6. Events: c.log("lead_added", "leads", id, before, after) on each change;
//     c.linkEntities and c.unlinkEntities log by themselves. Rights: c.maySee,
//     c.mayEdit, c.mayAdd.
//  7. Errors: noContent, problem(status, detail), invalidField(path, code),
//     forbidden.
//
// Routes outside /api/v4 set Root. With a Scope their account is that of the token,
// whatever the Host (Drive); without one they ask for no token (OAuth, Chats API).
//
// A handler must not lock its account (it is locked) nor call exported methods of
// Sandbox that do. Time on the wire (rate limit, arrivals, latency) is real, time in
// the CRM is the given clock's.
//
// Shared stores: a.links (linkstore.go), tags (tagstore.go: tagList, embeddedTags,
// applyTags, tagsOf), custom field values (fieldvalues.go). An entity whose text the
// lead search should find has a method searchText(a *account) []string.
package sandbox
