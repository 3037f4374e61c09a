// Command cage keeps a program among canaries: every secret setting holds one, and
// all that the program shows is kept and searched for them. See .ci/canary.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

const usage = `usage:
  cage plant DIR <NAMES    make a canary for each secret setting, and print the settings for a shell
  cage run DIR PROGRAM ARG...   run it with canaries where no secret is set, and keep what it shows
  cage search DIR          prove that canaries would be found, and find none
`

func main() {
	if len(os.Args) < 3 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	c := cage{dir: os.Args[2]}
	var err error
	switch {
	case os.Args[1] == "plant":
		err = c.plant(bufio.NewScanner(os.Stdin), os.Stdout)
	case os.Args[1] == "run" && len(os.Args) > 3:
		err = c.run(context.Background(), os.Environ(), os.Args[3], os.Args[4:])
	case os.Args[1] == "search":
		err = c.search(os.Stdout)
	default:
		err = errors.New(strings.TrimSpace(usage))
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		os.Exit(max(exit.ExitCode(), 1))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cage:", err)
		os.Exit(1)
	}
}
