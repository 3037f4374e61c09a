package kommo

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

const validation = `{"title":"Bad Request","status":400,"detail":"Request validation failed","validation-errors":[` +
	`{"request_id":"a1","errors":[{"code":"NotSupportedChoice","path":"custom_fields_values.0.field_id","detail":"The value you selected is not a valid choice."}]},` +
	`{"request_id":7,"errors":[{"code":"InvalidType","path":"price","detail":"This value should be of type int."}]}]}`

func TestAnswersAreExplained(t *testing.T) {
	for _, tc := range []struct {
		name   string
		status int
		body   string
		code   Code
		says   string
	}{
		{"validation", 400, validation, CodeInvalid, "custom_fields_values.0.field_id: The value you selected is not a valid choice. (NotSupportedChoice); price: "},
		{"errors by id", 400, `{"detail":"Invalid request body","errors":{"901":"Entity not found"}}`, CodeInvalid, "Entity not found (901)"},
		{"empty request", 400, `{"detail":"Request data can not be empty"}`, CodeInvalid, "Request data can not be empty"},
		{"retry", 400, `{"detail":"Unexpected error, please retry"}`, CodeTransient, "try again"},
		{"retry in Russian", 400, `{"detail":"Возникла системная ошибка. Пожалуйста, повторите попытку."}`, CodeTransient, "try again"},
		{"hint", 400, `{"hint":"Authorization code has expired","title":"Bad request"}`, CodeInvalid, "Authorization code has expired"},
		{"token", 401, `{"title":"Unauthorized","status":401,"detail":"Invalid user name or password"}`, CodeUnauthorized, "access token"},
		{"old form", 401, `{"response":{"error":"Account not found","error_code":"101"}}`, CodeUnauthorized, "Account not found"},
		{"not paid", 402, `{"status":402,"detail":"Payment Required"}`, CodePayment, "not paid"},
		{"no right", 403, `{"title":"Forbidden","status":403,"detail":"Forbidden"}`, CodeForbidden, "no right"},
		{"scope", 403, `{"title":"Forbidden","status":403,"detail":"Invalid scope"}`, CodeScope, "scope"},
		{"scope, long", 403, `{"detail":"Client doesn't have the required scope"}`, CodeScope, "scope"},
		{"address", 403, `{"response":{"error":"Доступ запрещён","error_code":"113"}}`, CodeIPNotAllowed, "listed IP addresses"},
		{"address, new form", 403, `{"status":403,"code":113}`, CodeIPNotAllowed, "listed IP addresses"},
		{"block", 403, htmlPage, CodeBlocked, "blocks"},
		{"block without body", 403, ``, CodeBlocked, "blocks"},
		{"no record", 404, `{"title":"Not Found","status":404,"detail":"Entity not found"}`, CodeNotFound, "no such record"},
		{"no record, no body", 404, ``, CodeNotFound, "no such record"},
		{"no route", 404, `{"title":"Not Found","status":404,"detail":"Cannot DELETE https://acme.kommo.com/calls/3!"}`, CodeMethod, "no such operation"},
		{"no API", 404, htmlPage, CodeBadResponse, "404"},
		{"method", 405, ``, CodeMethod, "no such operation"},
		{"leads left", 422, `{"detail":"Only pipelines without leads can be deleted"}`, CodeUnprocessable, "Only pipelines without leads"},
		{"limit", 429, `{"detail":"You have sent too many requests","retry_after":300}`, CodeRateLimited, "too many"},
		{"server", 500, `{"title":"ErrInternalServer","trace_id":"tr-1"}`, CodeServer, "500"},
		{"gateway", 504, htmlPage, CodeServer, "504"},
		{"unknown", 418, `{}`, CodeInvalid, "refused"},
		{"markup in detail", 400, `{"detail":"<b>no</b>"}`, CodeInvalid, "refused"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := answerError(&reply{status: tc.status, header: http.Header{}, body: []byte(tc.body)}, time.Now())
			if e.Code != tc.code || !strings.Contains(e.Message, tc.says) {
				t.Errorf("got %s %q, want %s with %q", e.Code, e.Message, tc.code, tc.says)
			}
			if strings.ContainsAny(e.Message, "<>") || e.Status != tc.status {
				t.Errorf("got %+v", e)
			}
			if errors.Is(e, ErrNotFound) != (tc.code == CodeNotFound) {
				t.Error("errors.Is(ErrNotFound) and the code disagree")
			}
		})
	}
}

func TestFieldErrors(t *testing.T) {
	e := answerError(&reply{status: 400, header: http.Header{"X-Request-Id": {"req-9"}}, body: []byte(validation)}, time.Now())
	want := []FieldError{
		{Item: "a1", Path: "custom_fields_values.0.field_id", Code: "NotSupportedChoice", Detail: "The value you selected is not a valid choice."},
		{Item: "7", Path: "price", Code: "InvalidType", Detail: "This value should be of type int."},
	}
	if diff := cmp.Diff(want, e.Fields); diff != "" {
		t.Error(diff)
	}
	if e.RequestID != "req-9" || !strings.Contains(e.Error(), "HTTP 400, request req-9") {
		t.Errorf("got %q", e.Error())
	}
	many := `{"validation-errors":[{"errors":[` + strings.Repeat(`{"code":"a","path":"b"},`, 80) + `{"code":"z"}]}]}`
	e = answerError(&reply{status: 400, header: http.Header{}, body: []byte(many)}, time.Now())
	if len(e.Fields) != maxFieldErrors || !strings.HasSuffix(e.Message, "and 47 more") {
		t.Errorf("%d fields, message %q", len(e.Fields), e.Message)
	}
}

func TestRetryAfterSources(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tc := range []struct {
		header, body string
		want         time.Duration
	}{
		{"", `{"retry_after":300}`, 5 * time.Minute},
		{"", `{"retry_after":"2.5"}`, 2500 * time.Millisecond},
		{"", `{"retry_after":-4}`, 0},
		{"", `{"retry_after":1e30}`, 24 * time.Hour},
		{"", `{"retry_after":[1]}`, 0},
		{"7", `{}`, 7 * time.Second},
		{"7", `{"retry_after":9}`, 9 * time.Second},
		{"Fri, 02 Jan 2026 03:04:15 GMT", htmlPage, 10 * time.Second},
		{"Fri, 02 Jan 2026 03:00:00 GMT", htmlPage, 0},
		{"soon", htmlPage, 0},
	} {
		header := http.Header{"Retry-After": {tc.header}}
		e := answerError(&reply{status: 429, header: header, body: []byte(tc.body)}, now)
		if e.RetryAfter != tc.want {
			t.Errorf("%q %s: %v, want %v", tc.header, tc.body, e.RetryAfter, tc.want)
		}
	}
}

// Whatever an error body holds, it becomes one bounded line without markup or
// invisible characters.
func FuzzErrorBody(f *testing.F) {
	for _, seed := range []string{
		validation, htmlPage, ``, `[]`, `null`, `{"errors":[1,{"a":null}]}`, `{"validation-errors":{"a":1}}`,
		`{"response":{"error":"x","error_code":113}}`, `{"detail":"a\u202eb<script>","retry_after":"NaN"}`, `{"errors":{"<i>":"t"}}`,
	} {
		f.Add(403, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := answerError(&reply{status: status, header: http.Header{}, body: body}, time.Unix(0, 0))
		texts := []string{e.Message, e.RequestID}
		for _, field := range e.Fields {
			texts = append(texts, field.Item, field.Path, field.Code, field.Detail)
		}
		for _, text := range texts {
			if markupPattern.MatchString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
				t.Errorf("unfit text %q", text)
			}
			if len([]rune(text)) > 4*maxText*shownFields {
				t.Errorf("text of %d bytes", len(text))
			}
		}
		if e.Code == "" || e.Message == "" || e.RetryAfter < 0 || len(e.Fields) > maxFieldErrors {
			t.Errorf("incomplete %+v", e)
		}
		if !json.Valid(body) && len(e.Fields) > 0 {
			t.Error("fields out of what is no JSON")
		}
	})
}

// 204 on a single record and 404 are the same to callers.
func TestNoContentIsNotFound(t *testing.T) {
	err := notFound("leads.get")
	if !errors.Is(err, ErrNotFound) || !HasCode(err, CodeNotFound) || HasCode(err, CodeServer, CodeInvalid) {
		t.Errorf("got %v", err)
	}
	if errors.Is(&Error{Code: CodeServer, Err: errors.New("x")}, ErrNotFound) {
		t.Error("a server error is not a missing record")
	}
}
