package store

import (
	"context"
	"encoding/json"
)

// Census counts the jobs of some kinds that are not done, by account and state.
func (s *Store) Census(ctx context.Context, kinds ...string) (map[string]map[State]int, error) {
	db, err := s.open()
	if err != nil {
		return nil, err
	}
	names, err := json.Marshal(kinds)
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, `SELECT account, state, COUNT(*) FROM job
		WHERE state <> 'done' AND kind IN (SELECT value FROM json_each(?)) GROUP BY account, state`, string(names))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]map[State]int{}
	for rows.Next() {
		var account string
		var state State
		var n int
		if err := rows.Scan(&account, &state, &n); err != nil {
			return nil, err
		}
		if out[account] == nil {
			out[account] = map[State]int{}
		}
		out[account][state] = n
	}
	return out, rows.Err()
}
