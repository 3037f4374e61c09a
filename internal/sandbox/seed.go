package sandbox

// Seed fills a new account with its first content. Seeds are made in this package:
// Blank and those built on it.
type Seed interface{ fill(a *account) }

type seedFunc func(a *account)

func (f seedFunc) fill(a *account) { f(a) }

// Blank is an account as Kommo hands it over: one administrator, one pipeline with
// a few stages, nothing else.
func Blank() Seed { return seedFunc(fillBlank) }

func defaultSeed() Seed { return DemoSeed() }

func fillBlank(a *account) {
	addUser(a, "Admin", "admin@example.com", adminRights())
	addPipeline(a, "Sales", true, "Contact", "Discussion", "Contract")
}
