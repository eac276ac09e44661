package main

import (
	"fmt"
	"time"
)

// signal <connections> <entries each>: round trips of signal entries, one after the other on each connection.
func signal(address string, sizes []int) (map[string]any, error) {
	count, each := sizes[0], sizes[1]
	conns, err := dialAll(address, count)
	if err != nil {
		return nil, err
	}
	defer closeAll(conns)
	// The warm-up.
	if _, err := enterAll(conns, each/4); err != nil {
		return nil, err
	}
	began := time.Now()
	trips, err := enterAll(conns, each)
	took := time.Since(began)
	return map[string]any{
		"p50": quantile(trips, 0.5), "p99": quantile(trips, 0.99), "rate": float64(len(trips)) / took.Seconds(),
	}, err
}

// Enters a state of its own on each connection, this many times. Returns the time of each round trip, in microseconds.
func enterAll(conns []*conn, each int) ([]float64, error) {
	trips := make([]float64, len(conns)*each)
	err := together(len(conns), func(i int) error {
		for id := 0; id < each; id++ {
			start := time.Now()
			if err := conns[i].send(`{"id":"%d","is_cancel":false,"signal_entry":{"state":"%sstates:s%d"}}`, id, scope, i); err != nil {
				return err
			}
			if err := conns[i].answered(); err != nil {
				return err
			}
			trips[i*each+id] = micros(time.Since(start))
		}
		return nil
	})
	return trips, err
}

// barrier <connections> <rounds>: the time from the last signal to the last release.
func barrier(address string, sizes []int) (map[string]any, error) {
	count, rounds := sizes[0], sizes[1]
	conns, err := dialAll(address, count)
	if err != nil {
		return nil, err
	}
	defer closeAll(conns)
	return releases(conns, rounds, func(round int) (func() error, error) {
		state := fmt.Sprintf("%sstates:b%d", scope, round)
		for _, c := range conns {
			if err := c.send(`{"id":"1","is_cancel":false,"barrier":{"state":"%s","target":%d}}`, state, count); err != nil {
				return nil, err
			}
		}
		// The first connection signals for all. Each answer shows that its signal counts, so only the last one is missing.
		for i := 1; i < count; i++ {
			if err := conns[0].send(`{"id":"2","is_cancel":false,"signal_entry":{"state":"%s"}}`, state); err != nil {
				return nil, err
			}
			if err := conns[0].answered(); err != nil {
				return nil, err
			}
		}
		return func() error {
			return conns[0].send(`{"id":"2","is_cancel":false,"signal_entry":{"state":"%s"}}`, state)
		}, nil
	})
}

// broadcast <connections> <rounds>: the same as barrier, with a server that only sends the same bytes to all.
func broadcast(address string, sizes []int) (map[string]any, error) {
	count, rounds := sizes[0], sizes[1]
	conns, err := dialAll(address, count)
	if err != nil {
		return nil, err
	}
	defer closeAll(conns)
	return releases(conns, rounds, func(round int) (func() error, error) {
		return func() error {
			return conns[0].send(`{"id":"2","is_cancel":false,"signal_entry":{"state":"%sstates:b%d"}}`, scope, round)
		}, nil
	})
}

// Releases all connections repeatedly. The first one also gets an answer to its signal.
func releases(conns []*conn, rounds int, prepare func(round int) (func() error, error)) (map[string]any, error) {
	return timed(rounds, func(round int) (<-chan error, func() error, error) {
		release, err := prepare(round)
		released := waitTogether(len(conns), func(i int) error {
			if i == 0 {
				if _, err := conns[i].receive(); err != nil {
					return err
				}
			}
			_, err := conns[i].receive()
			return err
		})
		time.Sleep(2 * time.Millisecond)
		return released, release, err
	})
}

// hold <connections>: all connect and wait for a line on stdin. Then all signal and wait for each other.
func hold(address string, sizes []int) (map[string]any, error) {
	count := sizes[0]
	conns, err := dialAll(address, count)
	if err != nil {
		return nil, err
	}
	defer closeAll(conns)
	fmt.Println("connected")
	var line string
	if _, err := fmt.Scanln(&line); err != nil {
		return nil, err
	}
	state := scope + "states:hold"
	began := time.Now()
	err = together(count, func(i int) error {
		if err := conns[i].send(`{"id":"1","is_cancel":false,"signal_entry":{"state":"%s"}}`, state); err != nil {
			return err
		}
		if err := conns[i].send(`{"id":"2","is_cancel":false,"barrier":{"state":"%s","target":%d}}`, state, count); err != nil {
			return err
		}
		for answers := 0; answers < 2; answers++ {
			if err := conns[i].answered(); err != nil {
				return err
			}
		}
		return nil
	})
	return map[string]any{"took": micros(time.Since(began))}, err
}
