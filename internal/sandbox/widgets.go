package sandbox

import (
	"net/http"
)

// widget is an integration's part in the interface; installing it stores settings.
type widget struct {
	ID       int64
	Code     string
	Name     string
	Active   bool
	Settings object
}

func widgets(a *account) *table[widget] { return tableFor[widget](a, "widgets", 960_001) }

func widgetRoutes() []route {
	return []route{
		{Method: "GET", Path: "/widgets", Do: listWidgets},
		{Method: "GET", Path: "/widgets/{code}", Do: getWidget},
		{Method: "POST", Path: "/widgets/{code}", Do: installWidget, Admin: true},
		{Method: "DELETE", Path: "/widgets/{code}", Do: removeWidget, Admin: true},
	}
}

func (c *call) readWidget(w *widget) object {
	settings := any(w.Settings)
	if w.Settings == nil {
		settings = nil
	}
	return object{
		"id": w.ID, "code": w.Code, "version": "1.0.0", "rating": "0,0", "is_lead_source": false, "is_work_with_dp": false,
		"is_crm_template": false, "client_uuid": nil, "is_active_in_account": w.Active, "pipeline_id": nil, "settings": settings,
		"settings_template": []object{{"key": "api_key", "name": "API key", "type": "text", "is_required": false}},
		"_links":            c.self("/widgets/" + w.Code),
	}
}

func listWidgets(c *call) answer {
	var rows []*widget
	for _, w := range widgets(c.a).all() {
		rows = append(rows, w)
	}
	return list(c, paging{}, "widgets", "/widgets", rows, c.readWidget)
}

// widgetOf finds the widget by its code, nil when there is none.
func (c *call) widgetOf() *widget {
	for _, w := range widgets(c.a).all() {
		if w.Code == c.args["code"] {
			return w
		}
	}
	return nil
}

func widgetMissing() answer { return problem(http.StatusNotFound, "Widget not found") }

func getWidget(c *call) answer {
	w := c.widgetOf()
	if w == nil {
		return widgetMissing()
	}
	return ok(c.readWidget(w))
}

// installWidget takes the settings as the body, with keys of the widget's own.
func installWidget(c *call) answer {
	w := c.widgetOf()
	if w == nil {
		return widgetMissing()
	}
	v, err := decodeJSON(c.body)
	settings, isObject := v.(object)
	if list, isList := v.([]any); isList && len(list) == 0 {
		settings, isObject = object{}, true // PHP writes an empty object as []
	}
	if len(c.body) > 0 && (err != nil || !isObject) {
		return invalid("Invalid request body")
	}
	w.Active, w.Settings = true, settings
	return ok(c.readWidget(w))
}

func removeWidget(c *call) answer {
	w := c.widgetOf()
	if w == nil {
		return widgetMissing()
	}
	w.Active, w.Settings = false, nil
	return noContent()
}
