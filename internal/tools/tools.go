// Package tools lists every tool of the product.
package tools

import (
	"context"
	"slices"

	"github.com/kommo-mcp/kommo-mcp/internal/crm"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/api"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/automation"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/base"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/bulk"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/calls"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/catalogs"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/contacts"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/events"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/files"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/incoming"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/registry"
	accountsetup "github.com/kommo-mcp/kommo-mcp/internal/tools/setup"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/users"
	"github.com/kommo-mcp/kommo-mcp/internal/tools/webhooks"
)

// All is every tool, in the order in which clients list them. p chooses the
// account of each call.
func All(p crm.Provider, opts ...Option) []registry.Tool {
	about := newSetup(opts)
	return registry.Written(slices.Concat(
		defaultTools(p, about.server),
		filesTools(p),
		webhooksTools(p),
		setupTools(p),
		bulkTools(p),
		apiTools(p),
		contactsTools(p),
		eventsTools(p),
		usersTools(p),
		incomingTools(p),
		catalogsTools(p),
		automationTools(p),
		callsTools(p),
	), definitions())
}

func defaultTools(p crm.Provider, server func(context.Context) string) []registry.Tool {
	return []registry.Tool{
		base.GetAccount(p, server),
		base.SearchLeads(p),
		base.GetLead(p),
		base.SearchContacts(p),
		base.GetContact(p),
		base.ListTasks(p),
		base.CreateLeadWithContact(p),
		base.AddNote(p),
		base.CreateTask(p),
		base.UpdateLead(p),
		base.MoveLeadStage(p),
		base.UpdateContact(p),
		base.UpdateTask(p),
		base.PostCallSummary(p),
		base.ReportPipeline(p),
	}
}

func callsTools(p crm.Provider) []registry.Tool {
	return []registry.Tool{calls.ListPendingCalls(p), calls.RetryPendingCall(p)}
}

func filesTools(p crm.Provider) []registry.Tool {
	return []registry.Tool{
		files.UploadFile(p),
		files.ListFiles(p),
		files.AttachFile(p),
		files.DetachFile(p),
		files.UpdateFile(p),
		files.DeleteFile(p),
		files.RestoreFile(p),
	}
}

func webhooksTools(p crm.Provider) []registry.Tool {
	return []registry.Tool{
		webhooks.ListWebhooks(p),
		webhooks.SetWebhook(p),
		webhooks.DeleteWebhook(p),
	}
}

func setupTools(p crm.Provider) []registry.Tool {
	return []registry.Tool{
		accountsetup.ListPipelines(p),
		accountsetup.CreatePipeline(p),
		accountsetup.UpdatePipeline(p),
		accountsetup.DeletePipeline(p),
		accountsetup.CreateStage(p),
		accountsetup.UpdateStage(p),
		accountsetup.DeleteStage(p),
		accountsetup.ListCustomFields(p),
		accountsetup.CreateCustomField(p),
		accountsetup.UpdateCustomField(p),
		accountsetup.DeleteCustomField(p),
		accountsetup.CreateFieldGroup(p),
		accountsetup.UpdateFieldGroup(p),
		accountsetup.DeleteFieldGroup(p),
		accountsetup.ListTags(p),
		accountsetup.CreateTag(p),
		accountsetup.UpdateTag(p),
		accountsetup.ListSources(p),
		accountsetup.CreateSource(p),
		accountsetup.UpdateSource(p),
		accountsetup.DeleteSource(p),
		accountsetup.ListMessageTemplates(p),
		accountsetup.CreateMessageTemplate(p),
		accountsetup.UpdateMessageTemplate(p),
		accountsetup.DeleteMessageTemplate(p),
	}
}

func bulkTools(p crm.Provider) []registry.Tool {
	return []registry.Tool{
		bulk.UpdateLeads(p),
		bulk.MoveLeads(p),
		bulk.TagLeads(p),
		bulk.AssignLeads(p),
		bulk.AddNoteToLeads(p),
	}
}

func apiTools(p crm.Provider) []registry.Tool {
	return []registry.Tool{
		api.Get(p),
		api.Post(p),
		api.Put(p),
		api.Patch(p),
		api.Delete(p),
	}
}

func contactsTools(p crm.Provider) []registry.Tool {
	return []registry.Tool{
		contacts.CreateContact(p),
		contacts.CreateCompany(p),
		contacts.LinkRecords(p),
		contacts.UnlinkRecords(p),
		contacts.ReportDuplicates(p),
	}
}

func eventsTools(p crm.Provider) []registry.Tool {
	return []registry.Tool{
		events.ListEvents(p),
		events.SearchNotes(p),
		events.GetNote(p),
		events.UpdateNote(p),
	}
}

func usersTools(p crm.Provider) []registry.Tool {
	return []registry.Tool{
		users.ListUsers(p),
		users.ListRoles(p),
		users.ListGroups(p),
	}
}

func incomingTools(p crm.Provider) []registry.Tool {
	return []registry.Tool{
		incoming.ListIncomingLeads(p),
		incoming.GetIncomingSummary(p),
		incoming.CreateIncomingLead(p),
		incoming.AcceptIncomingLead(p),
		incoming.DeclineIncomingLead(p),
		incoming.LinkIncomingLead(p),
	}
}

func catalogsTools(p crm.Provider) []registry.Tool {
	return []registry.Tool{
		catalogs.ListCatalogs(p),
		catalogs.ListCatalogElements(p),
		catalogs.GetCatalogElement(p),
		catalogs.CreateCatalogElement(p),
		catalogs.UpdateCatalogElement(p),
		catalogs.ListLeadProducts(p),
		catalogs.LinkProductToLead(p),
		catalogs.UnlinkProductFromLead(p),
		catalogs.CreateCatalog(p),
		catalogs.UpdateCatalog(p),
		catalogs.CreateCatalogField(p),
		catalogs.UpdateCatalogField(p),
		catalogs.DeleteCatalogField(p),
	}
}

func automationTools(p crm.Provider) []registry.Tool {
	return []registry.Tool{
		automation.ListBots(p),
		automation.RunBot(p),
		automation.StopBot(p),
		automation.ListLossReasons(p),
		automation.CreateLossReason(p),
		automation.DeleteLossReason(p),
	}
}
