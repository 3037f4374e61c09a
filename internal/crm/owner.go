package crm

import (
	"context"
	"strconv"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/directory"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// owner resolves the user whom new work is given to; nobody for empty text. Kommo
// refuses those who can no longer sign in without saying why (Kommo API facts:
// leads), so that a name of theirs is refused here, with the names that would do.
func (s *Service) owner(ctx context.Context, nameOrID string) (user directory.User, warning string, err error) {
	if user, warning, err = s.responsible(ctx, nameOrID); err != nil {
		return user, warning, err
	}
	return user, warning, s.takesWork(ctx, user, nameOrID, 0)
}

// takesWork refuses a user who has left, unless the record is theirs already. One
// named by id passes, with the warning: the caller knows whom they mean, and Kommo
// decides.
func (s *Service) takesWork(ctx context.Context, user directory.User, nameOrID string, held int64) error {
	if user.Active || user.Name == "" || user.ID == held || strconv.FormatInt(user.ID, 10) == strings.TrimSpace(nameOrID) {
		return nil
	}
	p := problem.Invalid("responsible", user.Name+" can no longer sign in to Kommo and takes no new work; nothing was written.").
		WithNext("Name one of the others; get_account lists all users.")
	list, err := s.names.Users(ctx)
	if err != nil {
		return p
	}
	for _, u := range list.Items {
		if u.Active && len(p.Candidates) < problem.MaxCandidates {
			p.Candidates = append(p.Candidates, problem.Candidate{ID: u.ID, Name: u.Name, Detail: u.Group})
		}
	}
	return p
}
