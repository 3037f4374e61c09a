package crm

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kommo-mcp/kommo-mcp/internal/kommo"
	"github.com/kommo-mcp/kommo-mcp/internal/problem"
)

// colorWords are colours as people say them; the nearest of a palette is taken.
var colorWords = map[string]rgb{
	"yellow": {255, 240, 0}, "orange": {255, 206, 90}, "red": {255, 143, 146}, "pink": {255, 200, 200}, "blue": {152, 203, 255},
	"green": {222, 255, 129}, "teal": {135, 242, 192}, "purple": {204, 200, 249}, "violet": {204, 200, 249}, "magenta": {235, 147, 255},
	"grey": {230, 232, 234}, "gray": {230, 232, 234},
}

type rgb [3]int

// stageColor checks the colour of a stage before anything is sent; empty stays.
func stageColor(text string) (string, error) { return paletteColor(text, kommo.StageColors()) }

// tagColor checks the colour of a lead's tag.
func tagColor(text string) (string, error) { return paletteColor(text, kommo.TagColors()) }

// paletteColor finds a colour in one of Kommo's palettes: as hex digits, with or
// without #, or as a word. Another colour is refused with the nearest ones.
func paletteColor(text string, palette []string) (string, error) {
	plain := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(text)), "#")
	if plain == "" {
		return "", nil
	}
	for _, c := range palette {
		if strings.EqualFold(strings.TrimPrefix(c, "#"), plain) {
			return c, nil
		}
	}
	wanted, isHex := hexColor(plain)
	if word, known := colorWords[plain]; known {
		return nearestColors(word, palette)[0], nil
	}
	near := slices.Clone(palette)
	if isHex {
		near = nearestColors(wanted, palette)
	}
	var candidates []problem.Candidate
	for _, c := range near {
		candidates = append(candidates, problem.Candidate{Name: c})
	}
	return "", problem.Invalid("color", fmt.Sprintf("Kommo has a fixed palette, and %q is not in it; nothing was written.", text)).
		WithCandidates(candidates...).WithNext("Use one of the palette's colours; the nearest come first.")
}

func nearestColors(to rgb, palette []string) []string {
	return slices.SortedStableFunc(slices.Values(palette), func(a, b string) int {
		return cmp.Compare(to.distance(a), to.distance(b))
	})
}

func (c rgb) distance(hex string) int {
	other, _ := hexColor(strings.TrimPrefix(hex, "#"))
	sum := 0
	for i := range c {
		sum += (c[i] - other[i]) * (c[i] - other[i])
	}
	return sum
}

func hexColor(hex string) (rgb, bool) {
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 6 {
		return rgb{}, false
	}
	return rgb{int(n >> 16 & 255), int(n >> 8 & 255), int(n & 255)}, true
}
