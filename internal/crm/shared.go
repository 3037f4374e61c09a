package crm

import (
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/store"
)

// Shared is what all services of one account have in common within a process, by
// whosever rights they act: the journal of what was begun under which key, the turns
// of jobs, the records that are known to be somebody's, the worker's state. Nothing
// that was read of the account is in it, since people's rights differ. Safe for
// concurrent use.
type Shared struct {
	journal *journal
	made    claims
	turns   turns
	outbox  *outbox
	reason  habit // Kommo refuses a loss reason together with the stage
}

// NewShared is that of one account. name tells the account apart from others in the
// store: Kommo's number, since an address may become another account's.
func NewShared(name string, st *store.Store, now func() time.Time) *Shared {
	spare := store.NewMemory(now)
	return &Shared{journal: newJournal(name, st, spare), outbox: newOutbox()}
}

// Close ends what was kept in memory only. The store that was given is its owner's
// to close.
func (s *Shared) Close() { _ = s.journal.spare.Close() }
