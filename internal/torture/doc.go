// Package torture logs many calls under everything that may go wrong: lost
// answers, refusals, hanging requests, repeated deliveries, killed processes,
// hours without Kommo. It holds no code of the product.
package torture
