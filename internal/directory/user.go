package directory

import (
	"context"
	"strings"
	"sync"
)

// me is the responsible that stands for the user whose token this is.
const me = "me"

// User resolves `me`, an id, a full name, a first name or an e-mail address. Users who have left count only if
// no one else fits; Active tells. Where users may not be read `me` and ids pass, with the id as the only
// thing known.
func (d *Directory) User(ctx context.Context, nameOrID string) (User, error) {
	if fold(nameOrID) == me {
		return d.Me(ctx)
	}
	return lookUp(ctx, d.users, func(list List[User]) (User, error) { return user(list, nameOrID) })
}

// Me is the user whose token this is. That only the account must tell: where the users cannot be read, for
// whatever reason, the id is the only thing known.
func (d *Directory) Me(ctx context.Context) (User, error) {
	var users List[User]
	var wg sync.WaitGroup
	wg.Go(func() { users, _ = d.Users(ctx) })
	account, err := d.Account(ctx)
	wg.Wait()
	if err != nil {
		return User{}, err
	}
	for _, u := range users.Items {
		if u.ID == account.CurrentUserID {
			return u, nil
		}
	}
	return User{ID: account.CurrentUserID, Active: true}, nil
}

func user(list List[User], query string) (User, error) {
	w := wanted{"responsible", "user", query}
	if list.Unavailable != "" {
		id, err := unread(w, list.Unavailable)
		return User{ID: id, Active: err == nil}, err
	}
	var active, every []choice[User]
	for _, u := range list.Items {
		c := choice[User]{value: u, id: u.ID, name: u.Name, aliases: []string{u.Email}, detail: userDetail(u), person: true}
		if u.Active {
			active = append(active, c)
		}
		every = append(every, c)
	}
	return among(w, active, every)
}

func userDetail(u User) string {
	parts := []string{}
	if u.Group != "" {
		parts = append(parts, u.Group)
	}
	if !u.Active {
		parts = append(parts, "inactive")
	}
	return strings.Join(parts, ", ")
}
