// Package base holds the tools of the default toolset, one a file.
package base
