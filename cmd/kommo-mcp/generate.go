package main

//go:generate go test -run ^TestReadmeTable$ -update .
