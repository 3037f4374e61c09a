// Package acceptance tests the whole product the way its users meet it: real
// MCP clients of both protocol eras, through the server, against the sandbox.
// It holds no code of the product.
package acceptance
