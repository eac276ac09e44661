package main

import (
	"math/rand"
	"strings"
	"time"
)

// The published message: about as large as the address of a peer with its keys.
var message = `{"peer":"12D3KooWQx1nVWbYqf8YzR6p3Lr7dYq1Uu2Jt9m","addrs":["/ip4/16.0.0.1/tcp/4001"],"seq":`

func subscribeAll(conns []*conn) error {
	for _, c := range conns {
		if err := c.send(`{"id":"0","is_cancel":false,"subscribe":{"topic":"%stopics:t"}}`, scope); err != nil {
			return err
		}
	}
	return nil
}

func publish(c *conn, seq int) error {
	return c.send(`{"id":"1","is_cancel":false,"publish":{"topic":"%stopics:t","payload":%s%d}}}`, scope, message, seq)
}

// Receives this many messages of the topic, and ignores other answers.
func (c *conn) messages(count int) error {
	for got := 0; got < count; {
		payload, err := c.receive()
		if err != nil {
			return err
		}
		if strings.HasPrefix(string(payload[:min(len(payload), 9)]), `{"id":"0"`) {
			got++
		}
	}
	return nil
}

// latency <subscribers> <messages>: the time from a publish to the last receipt, at random moments.
func latency(address string, sizes []int) (map[string]any, error) {
	count, rounds := sizes[0], sizes[1]
	conns, err := dialAll(address, count+1)
	if err != nil {
		return nil, err
	}
	defer closeAll(conns)
	if err := subscribeAll(conns[:count]); err != nil {
		return nil, err
	}
	return atRandomMoments(rounds, func(round int) (<-chan error, func() error) {
		received := waitTogether(count, func(i int) error { return conns[i].messages(1) })
		return received, func() error { return publish(conns[count], round) }
	})
}

// spread <clients> <rounds>: the same as latency, with a server that only sends the same bytes to all.
func spread(address string, sizes []int) (map[string]any, error) {
	count, rounds := sizes[0], sizes[1]
	conns, err := dialAll(address, count)
	if err != nil {
		return nil, err
	}
	defer closeAll(conns)
	return atRandomMoments(rounds, func(round int) (<-chan error, func() error) {
		received := waitTogether(count, func(i int) error {
			// The first also gets an answer.
			for frames := 0; frames < 1 || (i == 0 && frames < 2); frames++ {
				if _, err := conns[i].receive(); err != nil {
					return err
				}
			}
			return nil
		})
		return received, func() error { return publish(conns[0], round) }
	})
}

// Repeats a measurement, each time after all connections have been idle for 5 to 104 ms.
func atRandomMoments(rounds int, prepare func(round int) (<-chan error, func() error)) (map[string]any, error) {
	return timed(rounds, func(round int) (<-chan error, func() error, error) {
		received, begin := prepare(round)
		time.Sleep(time.Duration(5+rand.Intn(100)) * time.Millisecond)
		return received, begin, nil
	})
}

// throughput <clients> <messages each>: each client publishes, and each receives all messages.
func throughput(address string, sizes []int) (map[string]any, error) {
	count, each := sizes[0], sizes[1]
	conns, err := dialAll(address, count)
	if err != nil {
		return nil, err
	}
	defer closeAll(conns)
	if err := subscribeAll(conns); err != nil {
		return nil, err
	}
	began := time.Now()
	received := make(chan error, 1)
	go func() {
		received <- together(count, func(i int) error { return conns[i].messages(count * each) })
	}()
	if err := together(count, func(i int) error {
		for seq := 0; seq < each; seq++ {
			if err := publish(conns[i], seq); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if err := <-received; err != nil {
		return nil, err
	}
	took := time.Since(began)
	return map[string]any{"took": micros(took), "rate": float64(count*count*each) / took.Seconds()}, nil
}
