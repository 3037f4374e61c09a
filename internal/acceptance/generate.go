package acceptance

//go:generate go test -run ^TestGolden -update .
