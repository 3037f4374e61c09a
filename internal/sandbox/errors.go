package sandbox

import (
	"fmt"
	"net/http"
	"strings"
)

// problemBody is application/problem+json as Kommo writes it (Kommo API facts:
// errors).
type problemBody struct {
	ValidationErrors []validationError `json:"validation-errors,omitempty"`
	Errors           map[string]string `json:"errors,omitempty"`
	Title            string            `json:"title"`
	Type             string            `json:"type"`
	Status           int               `json:"status"`
	Detail           string            `json:"detail"`
	RetryAfter       int               `json:"retry_after,omitempty"`
}

type validationError struct {
	RequestID string       `json:"request_id,omitempty"`
	Errors    []fieldError `json:"errors"`
}

type fieldError struct {
	Code   string `json:"code"`
	Path   string `json:"path"`
	Detail string `json:"detail"`
}

// Codes of single fields.
const (
	codeNotSupported = "NotSupportedChoice"
	codeInvalidType  = "InvalidType"
	codeMissing      = "FieldMissing"
	codeNotExpected  = "FieldNotExpected"
	codeNotBlank     = "NotBlank"
	codeNotNull      = "NotNullable"
	codeTooFew       = "TooFew"
	codeTooMany      = "TooMany"
	codeSourceExists = "SourceAlreadyExists"
	codeTooLong      = "TooLong"
)

func codeDetail(code string) string {
	switch code {
	case codeNotSupported:
		return "The value you selected is not a valid choice."
	case codeInvalidType:
		return "This value should be of another type."
	case codeMissing:
		return "This field is missing."
	case codeNotExpected:
		return "This field was not expected."
	case codeNotBlank:
		return "This value should not be blank."
	case codeNotNull:
		return "This value should not be null."
	case codeTooFew:
		return "This collection should contain 1 element or more."
	case codeTooMany:
		return "This collection contains too many elements."
	case codeSourceExists:
		return "Source already exists."
	case codeTooLong:
		return "This value is too long."
	default:
		return "This value is not valid."
	}
}

func problem(status int, detail string) answer {
	return answer{status: status, problem: true, body: newProblem(status, detail)}
}

func newProblem(status int, detail string) problemBody {
	title := http.StatusText(status)
	if status == http.StatusTooManyRequests {
		title = "Too many requests"
	}
	return problemBody{Title: title, Type: fmt.Sprintf("https://httpstatus.es/%d", status), Status: status, Detail: detail}
}

// invalid is the 400 for whole bodies that are no use.
func invalid(detail string) answer { return problem(http.StatusBadRequest, detail) }

// invalidIDs is the older 400 form, with one text per entity id.
func invalidIDs(errs map[string]string) answer {
	p := newProblem(http.StatusBadRequest, "Invalid request body")
	p.Errors = errs
	return answer{status: http.StatusBadRequest, problem: true, body: p}
}

func invalidFields(errs []validationError) answer {
	p := newProblem(http.StatusBadRequest, "Request validation failed")
	p.ValidationErrors = errs
	return answer{status: http.StatusBadRequest, problem: true, body: p}
}

// invalidField is a 400 with one error and, as on DELETE, no request_id.
func invalidField(path, code string) answer {
	return invalidFields([]validationError{{Errors: []fieldError{{Code: code, Path: path, Detail: codeDetail(code)}}}})
}

func unauthorized(host string) answer {
	detail := "Invalid user name or password"
	if strings.HasSuffix(host, ".ru") {
		detail = "Неверный логин или пароль"
	}
	return problem(http.StatusUnauthorized, detail)
}

func forbidden() answer { return problem(http.StatusForbidden, "Access denied") }

func noRoute(method, base, path string) answer {
	path = strings.TrimPrefix(path, apiPrefix)
	return problem(http.StatusNotFound, fmt.Sprintf("Cannot %s %s%s!", method, base, path))
}

// noContent is the empty list, and the missing lead, contact or company.
func noContent() answer { return answer{status: http.StatusNoContent} }
