// Package connect lets people connect their Kommo account in a browser: the page
// that explains it, the way to Kommo's consent and back, what to do with the
// connection afterwards, and Kommo's word that it has ended.
package connect
