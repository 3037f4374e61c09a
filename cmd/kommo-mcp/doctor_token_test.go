package main

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/sandbox"
)

// TestDoctorReadsTheEndOfAToken: thirty days before it, after it, and where it is not to
// be read.
func TestDoctorReadsTheEndOfAToken(t *testing.T) {
	now := time.Unix(1_795_000_000, 0)
	const month = 30 * 24 * 3600
	for exp, want := range map[string]string{
		fmt.Sprint(now.Unix() + month + 1): "ok    token     valid until", fmt.Sprint(now.Unix() + month): "warn  token     it expires on 2026-12-18, in 30 days",
		fmt.Sprint(now.Unix() + 1): "in less than a day", fmt.Sprintf(`"%d"`, now.Unix()+90_000): "in 1 day", fmt.Sprint(float64(now.Unix()) + 9000.5): "in less than a day",
		fmt.Sprint(now.Unix()): "FAIL  token     it expired on", `"soon"`: "it does not say when it ends", "-1": "it does not say when it ends", "true": "it does not say when it ends",
	} {
		var out strings.Builder
		r := &checkup{out: &out}
		r.token("e30."+base64.RawURLEncoding.EncodeToString([]byte(`{"exp":`+exp+`}`))+".c2ln", now)
		if !strings.Contains(out.String(), want) {
			t.Errorf("exp %s: %s", exp, out.String())
		}
	}
}

// TestDoctorOfAnAccountOfAnotherIntegration: what works today and not tomorrow is no
// small thing.
func TestDoctorOfAnAccountOfAnotherIntegration(t *testing.T) {
	_, env := oauthRig(t, "http://"+freeAddr(t)+"/oauth/callback")
	loginAs(t, env, sandbox.DefaultHost)
	env["KOMMO_CLIENT_ID"] = "another-integration"
	if code, out, _ := run(t, env, "", "doctor"); code != exitFail || !strings.Contains(out, "FAIL  accounts  "+sandbox.DefaultHost+": connected through another integration") || !strings.Contains(out, sandboxClientID) {
		t.Errorf("%d %s", code, out)
	}
}
