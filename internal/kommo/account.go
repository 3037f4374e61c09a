package kommo

import (
	"context"
	"encoding/json"
)

// AccountInfo is the account with what was asked for (Kommo API facts: account).
type AccountInfo struct {
	ID               int64            `json:"id"`
	Name             string           `json:"name"`
	Subdomain        string           `json:"subdomain"`
	Language         string           `json:"language"` // undocumented, in bodies since 2025
	CurrentUserID    int64            `json:"current_user_id"`
	Country          string           `json:"country"`
	Currency         string           `json:"currency"`
	CurrencySymbol   string           `json:"currency_symbol"`
	CustomersMode    string           `json:"customers_mode"`
	UnsortedOn       bool             `json:"is_unsorted_on"`
	MobileVersion    Int              `json:"mobile_feature_version"`
	LossReasonsOn    bool             `json:"is_loss_reason_enabled"`
	HelpbotOn        bool             `json:"is_helpbot_enabled"`
	Technical        bool             `json:"is_technical_account"`
	ContactNameOrder Int              `json:"contact_name_display_order"` // 1 first-last, 2 last-first
	CreatedAt        Unix             `json:"created_at"`
	CreatedBy        int64            `json:"created_by"`
	UpdatedAt        Unix             `json:"updated_at"`
	UpdatedBy        int64            `json:"updated_by"`
	AmojoID          string           `json:"amojo_id"`
	UUID             string           `json:"uuid"`
	Version          Int              `json:"version"`
	DriveURL         string           `json:"drive_url"`
	APIFilterOn      *bool            `json:"is_api_filter_enabled"` // nil: the account does not say, filters work
	Invoices         *InvoiceSettings `json:"invoices_settings"`
	EntityNames      json.RawMessage  `json:"entity_names"` // what the account calls its cards, by language and case
	Embedded         AccountEmbedded  `json:"_embedded"`
}

// InvoiceSettings comes with invoices_settings.
type InvoiceSettings struct {
	Lang      string `json:"lang"`
	CatalogID int64  `json:"invoices_catalog_id"`
}

// AmojoRights comes with amojo_rights: what the account may do in chats.
type AmojoRights struct {
	Direct       bool `json:"can_direct"`
	CreateGroups bool `json:"can_create_groups"`
}

// AccountEmbedded is what comes with users_groups, task_types, amojo_rights
// and datetime_settings.
type AccountEmbedded struct {
	Amojo     *AmojoRights     `json:"amojo_rights"`
	Groups    []Group          `json:"users_groups"`
	TaskTypes []TaskType       `json:"task_types"`
	Datetime  DatetimeSettings `json:"datetime_settings"`
}

// Group is a group of users; id 0 is the default one.
type Group struct {
	ID   int64   `json:"id"`
	Name string  `json:"name"`
	UUID *string `json:"uuid"`
}

// TaskType is a kind of task: 1 call, 2 meeting, the rest of the account's own.
type TaskType struct {
	ID     int64   `json:"id"`
	Name   string  `json:"name"`
	Color  *string `json:"color"`
	IconID *Int    `json:"icon_id"`
	Code   *string `json:"code"`
}

// DatetimeSettings hold the account's time zone: "America/New_York", "-05:00".
type DatetimeSettings struct {
	Timezone         string `json:"timezone"`
	Offset           string `json:"timezone_offset"`
	DatePattern      string `json:"date_pattern"`
	ShortDatePattern string `json:"short_date_pattern"`
	ShortTimePattern string `json:"short_time_pattern"`
	DateFormat       string `json:"date_format"`
	TimeFormat       string `json:"time_format"`
}

// AccountService reads the account.
type AccountService struct{ c *Client }

// Get reads the account. with: amojo_id, amojo_rights, users_groups,
// task_types, version, entity_names, datetime_settings, drive_url,
// is_api_filter_enabled, invoices_settings.
func (s *AccountService) Get(ctx context.Context, with ...string) (AccountInfo, error) {
	return getCard(ctx, s.c, Request{Op: "account.get", Path: "/account", Query: withQuery(with)}, func(a AccountInfo) int64 { return a.ID })
}
