//go:build !race

package sandbox

// raceEnabled tells that the detector slows everything down.
const raceEnabled = false
