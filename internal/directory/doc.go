// Package directory knows what one Kommo account calls things: pipelines, stages, users, groups, custom
// fields and their options, task types, loss reasons, the time zone. People say names, the API wants ids;
// this package turns one into the other, or refuses with the names that would have been right.
//
// What it knows is cached per account and section. A stale section still answers while it is refreshed in the
// background; a name that is not found is looked for once more in fresh data; a section that holds an id
// which Kommo rejected is loaded again before it answers.
//
// Refusals are *problem.Problem; failures of the API come through as *kommo.Error.
package directory
