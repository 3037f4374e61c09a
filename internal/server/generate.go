package server

//go:generate go test -run ^TestDescription$ -update .
