package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"sort"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// The prefix of all keys. It differs in each process, because states persist.
var scope = fmt.Sprintf("run:%s:plan:bench:case:bench:", runID())

// The ID of the run that this process is an instance of, or of a run of its own.
func runID() string {
	if id := os.Getenv("TEST_RUN"); id != "" {
		return id
	}
	return fmt.Sprintf("bench%d", os.Getpid())
}

// A connection to a sync service. It does as little as possible, because only the service is to be measured.
type conn struct {
	net.Conn
	reader *bufio.Reader
	buffer []byte
}

func dial(address string) (*conn, error) {
	raw, buffered, _, err := ws.Dial(context.Background(), "ws://"+address+"/")
	if err != nil {
		return nil, err
	}
	if buffered == nil {
		buffered = bufio.NewReaderSize(raw, 16*1024)
	}
	return &conn{Conn: raw, reader: buffered}, nil
}

func dialAll(address string, count int) ([]*conn, error) {
	conns := make([]*conn, count)
	err := together(count, func(i int) (err error) {
		conns[i], err = dial(address)
		return err
	})
	return conns, err
}

func closeAll(conns []*conn) {
	for _, c := range conns {
		c.Close()
	}
}

func (c *conn) send(format string, args ...any) error {
	frame := ws.MaskFrameInPlace(ws.NewTextFrame([]byte(fmt.Sprintf(format, args...))))
	bytes, err := ws.CompileFrame(frame)
	if err != nil {
		return err
	}
	_, err = c.Conn.Write(bytes)
	return err
}

// Returns the next text frame. Its bytes are valid until the next call.
func (c *conn) receive() ([]byte, error) {
	for {
		header, err := ws.ReadHeader(c.reader)
		if err != nil {
			return nil, err
		}
		if int(header.Length) > cap(c.buffer) {
			c.buffer = make([]byte, 2*header.Length)
		}
		payload := c.buffer[:header.Length]
		if _, err := io.ReadFull(c.reader, payload); err != nil {
			return nil, err
		}
		if header.OpCode == ws.OpText {
			return payload, nil
		}
	}
}

// Waits for an answer, which must not be an error.
func (c *conn) answered() error {
	payload, err := c.receive()
	if err != nil {
		return err
	}
	var answer struct{ Error string }
	if err := json.Unmarshal(payload, &answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return fmt.Errorf("answered: %s", answer.Error)
	}
	return nil
}

// Calls work count times concurrently, and returns the first error.
func together(count int, work func(i int) error) error {
	var group sync.WaitGroup
	failed := make(chan error, count)
	for i := 0; i < count; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			if err := work(i); err != nil {
				failed <- err
			}
		}(i)
	}
	group.Wait()
	close(failed)
	return <-failed
}

// Calls work count times concurrently, and returns once all calls have begun. The channel gets the first error, or nil, when
// all are done.
func waitTogether(count int, work func(i int) error) <-chan error {
	begun, done := make(chan struct{}, count), make(chan error, 1)
	go func() {
		done <- together(count, func(i int) error {
			begun <- struct{}{}
			return work(i)
		})
	}()
	for i := 0; i < count; i++ {
		<-begun
	}
	return done
}

// Measures the time from begin to the arrival of the result. The first fifth of the rounds is the warm-up.
func timed(rounds int, prepare func(round int) (<-chan error, func() error, error)) (map[string]any, error) {
	var took []float64
	for round := 0; round < rounds+rounds/4; round++ {
		come, begin, err := prepare(round)
		if err != nil {
			return nil, err
		}
		start := time.Now()
		if err := begin(); err != nil {
			return nil, err
		}
		if err := <-come; err != nil {
			return nil, err
		}
		if round >= rounds/4 {
			took = append(took, micros(time.Since(start)))
		}
	}
	return map[string]any{"p50": quantile(took, 0.5), "p99": quantile(took, 0.99)}, nil
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

func quantile(values []float64, q float64) float64 {
	sorted := append([]float64(nil), values...)
	sort.Float64s(sorted)
	return sorted[int(q*float64(len(sorted)-1))]
}
