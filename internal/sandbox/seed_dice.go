package sandbox

import "fmt"

// dice makes the seed's choices. It is a fixed sequence (splitmix64), so that a
// demo account is the same at every start apart from the dates.
type dice struct{ state uint64 }

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// below is a number from 0 to n-1.
func (d *dice) below(n int) int { return int(d.next() % uint64(n)) }

// between is a number from low to high, both included. It is the same part of the way
// whatever the bounds, so that a plan moves with the clock instead of changing.
func (d *dice) between(low, high int64) int64 {
	part := float64(d.next()>>11) / (1 << 53)
	return low + int64(part*float64(high-low+1))
}

// chance is true in percent of the cases.
func (d *dice) chance(percent int) bool { return d.below(100) < percent }

// uuid is a version 4 UUID in form.
func (d *dice) uuid() string {
	a, b := d.next(), d.next()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
}

// hex is n hexadecimal digits.
func (d *dice) hex(n int) string {
	s := ""
	for len(s) < n {
		s += fmt.Sprintf("%016x", d.next())
	}
	return s[:n]
}

func pick[T any](d *dice, from []T) T { return from[d.below(len(from))] }
