package pages

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// CookieTime is how long a browser is known: as long as Kommo's code is good.
const CookieTime = 20 * time.Minute

const (
	cookieName = "kommo_connect"
	tokenField = "csrf"
	// maxForm bounds what a form of ours may hold.
	maxForm = 16 << 10
)

// Cookie is what this browser is known by, a secret of it and of this server; a
// browser without one gets one. Each use makes it last another 20 minutes. https
// tells whether people reach the server through it.
func Cookie(w http.ResponseWriter, r *http.Request, https bool) (bound string) {
	bound, ok := Known(r, https)
	if !ok {
		bound = rand.Text() + rand.Text()
	}
	setCookie(w, https, bound)
	return bound
}

// Known is the secret of a browser that has one.
func Known(r *http.Request, https bool) (bound string, ok bool) {
	found := r.CookiesNamed(nameOf(https))
	if len(found) != 1 || len(found[0].Value) != 52 || strings.Trim(found[0].Value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
		return "", false // none of ours; of two, one was put there by somebody else
	}
	return found[0].Value, true
}

// nameOf is a name that no other host can set, where https allows for one.
func nameOf(https bool) string {
	if https {
		return "__Host-" + cookieName
	}
	return cookieName
}

func setCookie(w http.ResponseWriter, https bool, value string) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // G124: without https there is no Secure cookie; that is loopback only
		Name: nameOf(https), Value: value, Path: "/", MaxAge: int(CookieTime.Seconds()),
		HttpOnly: true, Secure: https, SameSite: http.SameSiteLaxMode,
	})
}

// Token is the field that shows that a form was drawn for this browser, and for
// this purpose.
func Token(bound, purpose string) Field { return Field{tokenField, tokenOf(bound, purpose)} }

// OnceToken is Token for a form that is good for one order: its value is another each
// time that the form is drawn, so that one that is sent twice can be told.
func OnceToken(bound, purpose string) Field {
	once := rand.Text()
	return Field{tokenField, once + "." + tokenOf(bound, purpose+" "+once)}
}

// OnceOf is by what a form with a OnceToken that was trusted is told from others.
func OnceOf(r *http.Request) string { return r.PostForm.Get(tokenField) }

// drawn tells whether a token was drawn for this browser and purpose.
func drawn(given, bound, purpose string) bool {
	if once, rest, ok := strings.Cut(given, "."); ok {
		given, purpose = rest, purpose+" "+once
	}
	return hmac.Equal([]byte(given), []byte(tokenOf(bound, purpose)))
}

func tokenOf(bound, purpose string) string {
	mac := hmac.New(sha256.New, []byte(bound))
	mac.Write([]byte("form " + purpose))
	return hex.EncodeToString(mac.Sum(nil))
}

// TrustedPost reads a form and tells whether it is one of ours, sent by the person
// before the browser: a POST from a page of this server with the Token of this
// browser. public is the server's address as people know it.
func TrustedPost(w http.ResponseWriter, r *http.Request, public *url.URL, purpose string) (bound string, ok bool) {
	if r.Method != http.MethodPost || !OwnPage(r, public) {
		return "", false
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if r.ParseForm() != nil {
		return "", false
	}
	bound, known := Known(r, public.Scheme == "https")
	given := r.PostForm[tokenField]
	if !known || len(given) != 1 || !drawn(given[0], bound, purpose) {
		return "", false
	}
	// What comes next, at Kommo or here, has its whole time again.
	return Cookie(w, r, public.Scheme == "https"), true
}

// OwnPage tells whether a POST comes from a page of this server, by what the
// browser says of it. What says nothing is no browser of these days.
func OwnPage(r *http.Request, public *url.URL) bool {
	site, origin := r.Header.Values("Sec-Fetch-Site"), r.Header.Values("Origin")
	if len(site) > 1 || len(origin) > 1 {
		return false
	}
	if len(site) == 1 && site[0] != "same-origin" {
		return false
	}
	if len(origin) == 1 {
		own := public.Scheme + "://" + public.Host
		return strings.EqualFold(origin[0], own) || (loopback(public.Hostname()) && strings.EqualFold(origin[0], public.Scheme+"://"+r.Host) && loopback(hostOf(r.Host)))
	}
	return true
}

func hostOf(hostport string) string {
	u := url.URL{Host: hostport}
	return u.Hostname()
}
