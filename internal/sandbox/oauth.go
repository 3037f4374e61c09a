package sandbox

import "sync"

// Integration is an OAuth client registered in the sandbox.
type Integration struct {
	ClientID, Secret, RedirectURI string
	Scopes                        []string // nil: all
}

// WithIntegration registers an OAuth client for every account.
func WithIntegration(i Integration) Option {
	return func(c *config) { c.integrations = append(c.integrations, i) }
}

type oauthState struct {
	mu      sync.Mutex
	clients map[string]Integration
	revoked map[string]bool // jti
}

func newOAuthState(list []Integration) *oauthState {
	st := &oauthState{clients: map[string]Integration{}, revoked: map[string]bool{}}
	for _, i := range list {
		st.clients[i.ClientID] = i
	}
	return st
}

func (st *oauthState) isRevoked(cl claims) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.revoked[cl.Jti]
}
