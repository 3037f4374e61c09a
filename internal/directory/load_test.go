package directory

import (
	"testing"
	"time"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
)

func TestZone(t *testing.T) {
	winter := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	for in, want := range map[kommo.DatetimeSettings]string{
		{Timezone: "Europe/Madrid", Offset: "+01:00"}: "13:00 +0100",
		{Timezone: "Mars/Base", Offset: "-03:30"}:     "08:30 -0330",
		{Timezone: "", Offset: "+05:00"}:              "17:00 +0500",
		{}:                                            "12:00 +0000",
	} {
		if got := winter.In(zone(in)).Format("15:04 -0700"); got != want {
			t.Errorf("zone(%+v) shows %s, want %s", in, got, want)
		}
	}
	if (Account{}).Location() != time.UTC {
		t.Error("an account without a zone is not in UTC")
	}
}

func TestAccess(t *testing.T) {
	for want, r := range map[string]kommo.UserRights{
		"admin":      {Admin: true, Leads: kommo.CardRights{View: "D"}},
		"everything": {Leads: kommo.CardRights{View: "A", Edit: "A"}},
		"own group":  {Leads: kommo.CardRights{View: "A", Edit: "G"}},
		"own":        {Leads: kommo.CardRights{View: "G", Edit: "M"}},
		"view only":  {Leads: kommo.CardRights{View: "A", Edit: "D"}},
		"nothing":    {Leads: kommo.CardRights{View: "D", Edit: "D"}},
		"":           {},
	} {
		if got := access(r); got != want {
			t.Errorf("access is %q, want %q", got, want)
		}
	}
}
