package authserver

import (
	"encoding/json"
	"net/http"
	"strings"
)

// metadataAge is how long metadata may be kept, in seconds: a change of the settings
// shows within it. Claude keeps it as long in any case.
const metadataAge = "300"

// serverMetadata is ours as RFC 8414 has it.
type serverMetadata struct {
	Issuer            string   `json:"issuer"`
	Authorize         string   `json:"authorization_endpoint"`
	Token             string   `json:"token_endpoint"`
	Revoke            string   `json:"revocation_endpoint"`
	Register          string   `json:"registration_endpoint,omitempty"`
	Scopes            []string `json:"scopes_supported"`
	ResponseTypes     []string `json:"response_types_supported"`
	ResponseModes     []string `json:"response_modes_supported"`
	GrantTypes        []string `json:"grant_types_supported"`
	AuthMethods       []string `json:"token_endpoint_auth_methods_supported"`
	RevokeAuthMethods []string `json:"revocation_endpoint_auth_methods_supported"`
	AuthAlgs          []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	RevokeAuthAlgs    []string `json:"revocation_endpoint_auth_signing_alg_values_supported"`
	Challenges        []string `json:"code_challenge_methods_supported"`
	ClientDocuments   bool     `json:"client_id_metadata_document_supported"`
	IssParameter      bool     `json:"authorization_response_iss_parameter_supported"`
}

// serveMetadata answers at the address of RFC 8414 alone. Of the hosts that also look
// for an OpenID configuration all look here first, and we are no OpenID provider.
func (s *Server) serveMetadata(w http.ResponseWriter, r *http.Request) {
	// Claude uses documents as client ids only where none is a method, and gets a
	// refresh token only where offline_access is listed; ChatGPT has one stable
	// redirect URI only where iss is promised.
	m := serverMetadata{
		Issuer: s.issuer, Authorize: s.issuer + AuthorizePath, Token: s.issuer + TokenPath, Revoke: s.issuer + RevokePath,
		Scopes:        append(s.offered(), scopeOffline),
		ResponseTypes: []string{"code"}, ResponseModes: []string{"query"},
		GrantTypes:  []string{grantCode, grantRefresh},
		AuthMethods: authMethods(), RevokeAuthMethods: authMethods(),
		AuthAlgs: algNames(), RevokeAuthAlgs: algNames(),
		Challenges:      []string{"S256"},
		ClientDocuments: true, IssParameter: true,
	}
	if s.cfg.Registration {
		m.Register = s.issuer + RegisterPath
	}
	serveStatic(w, r, m)
}

// resourceMetadata is the MCP endpoint's as RFC 9728 has it.
type resourceMetadata struct {
	Resource string   `json:"resource"`
	Servers  []string `json:"authorization_servers"`
	Scopes   []string `json:"scopes_supported"`
	Methods  []string `json:"bearer_methods_supported"`
	Name     string   `json:"resource_name"`
}

func (s *Server) serveResource(w http.ResponseWriter, r *http.Request) {
	// offline_access is no scope of the resource: a client would send it on. Clients
	// that are told no scope ask for all that is listed here, so deleting is not: whoever
	// wants it asks for kommo:full by name.
	resource := s.resource
	if strings.HasSuffix(r.URL.Path, "/") {
		resource += "/" // hosts compare it with what the person typed
	}
	serveStatic(w, r, resourceMetadata{
		Resource: resource, Servers: []string{s.issuer}, Scopes: s.usual(), Methods: []string{"header"}, Name: "kommo-mcp",
	})
}

func serveStatic(w http.ResponseWriter, r *http.Request, v any) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age="+metadataAge)
	writeJSON(w, http.StatusOK, v)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		status, raw = http.StatusInternalServerError, []byte(`{"error":"server_error"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // a client that left
}
