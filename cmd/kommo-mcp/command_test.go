package main

import (
	"context"
	"os/exec"
)

// command runs a program of this machine.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, name, args...)
}
