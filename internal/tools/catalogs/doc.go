// Package catalogs holds the tools of the toolset catalogs: products and other
// lists, their elements, and what of them is on a lead.
package catalogs

const toolset = "catalogs"
