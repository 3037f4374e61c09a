package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// untilSignal is a context that the first SIGINT or SIGTERM ends, for an end in good
// order. A second one ends the process at once, as the system does it, however soon it
// comes: one that came before the system's way was set again is sent once more.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	came := make(chan os.Signal, 2)
	signal.Notify(came, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-came
		cancel()
		signal.Stop(came) // returns when nothing is on its way into the channel any more
		select {
		case again := <-came:
			endBy(again)
		default:
		}
	}()
	return ctx
}

func endBy(s os.Signal) {
	self, err := os.FindProcess(os.Getpid())
	if err != nil || self.Signal(s) != nil { // systems without signals
		os.Exit(exitFail)
	}
}
