// What needs no more than runtime and sync: every version of sdk-go has these.
package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/testground/sdk-go/runtime"
	"github.com/testground/sdk-go/sync"
)

// syncClient is what the cases need of a client; every version's has it.
type syncClient interface {
	MustPublish(ctx context.Context, topic *sync.Topic, payload interface{}) int64
	MustSubscribe(ctx context.Context, topic *sync.Topic, ch interface{}) *sync.Subscription
	MustBarrier(ctx context.Context, state sync.State, target int) *sync.Barrier
	MustSignalEntry(ctx context.Context, state sync.State) int64
	MustSignalAndWait(ctx context.Context, state sync.State, target int) int64
}

type hello struct {
	From string
	Seq  int64
}

// The cases that need no more than that.
var common = map[string]func(*runtime.RunEnv, syncClient) error{
	"meet":    meet,
	"params":  params,
	"profile": profile,
	"abandon": abandon,
	"pause":   pause,
	"fail": func(*runtime.RunEnv, syncClient) error {
		return errors.New("it did not work")
	},
	"panic": func(*runtime.RunEnv, syncClient) error {
		panic("out of order")
	},
	"hang": func(env *runtime.RunEnv, client syncClient) error {
		env.RecordMessage("waiting for nobody")
		return <-client.MustBarrier(context.Background(), "never", 99).C
	},
}

// abandon: the first fails, and the others wait for it.
func abandon(env *runtime.RunEnv, client syncClient) error {
	ctx := context.Background()
	n := env.TestInstanceCount
	if client.MustSignalAndWait(ctx, "begun", n) == 1 {
		return errors.New("it did not work")
	}
	client.MustSignalEntry(ctx, "ready")
	return <-client.MustBarrier(ctx, "ready", n).C
}

// meet: everybody enters a state, waits for all, publishes, and receives what all have published, in order. Who has
// published first subscribes again, which replays the topic.
func meet(env *runtime.RunEnv, client syncClient) error {
	ctx := context.Background()
	n := env.TestInstanceCount
	seq := client.MustSignalAndWait(ctx, "met", n)
	topic := sync.NewTopic("hello", &hello{})
	client.MustPublish(ctx, topic, &hello{From: env.TestGroupID, Seq: seq})
	if err := <-client.MustBarrier(ctx, "met", n).C; err != nil {
		return err
	}
	client.MustSignalAndWait(ctx, "published", n)
	for _, name := range []string{"heard", "heard again"} {
		heard, err := hear(ctx, client, topic, n)
		if err != nil {
			return err
		}
		env.RecordMessage("%s: %s", name, heard)
	}
	client.MustSignalAndWait(ctx, "done", n)
	return nil
}

func params(env *runtime.RunEnv, _ syncClient) error {
	env.RecordMessage("text=%s number=%d", env.StringParam("text"), env.IntParam("number"))
	return nil
}

// profile is busy for long enough to be seen.
func profile(env *runtime.RunEnv, _ syncClient) error {
	var kept [][]byte
	for end := time.Now().Add(1500 * time.Millisecond); time.Now().Before(end); {
		kept = append(kept[:len(kept)%100], make([]byte, 4096))
	}
	env.RecordMessage("kept %d", len(kept))
	return nil
}

// pause: does nothing for some seconds, uses everything that the sync service has, and does so again after the next pause. The client
// keeps connections for later meanwhile.
func pause(env *runtime.RunEnv, client syncClient) error {
	ctx := context.Background()
	n := env.TestInstanceCount
	for round, text := range strings.Split(env.StringParam("seconds"), ",") {
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return err
		}
		time.Sleep(time.Duration(seconds * float64(time.Second)))
		begun := time.Now()
		topic := sync.NewTopic(fmt.Sprintf("round-%d", round), &hello{})
		// The first question takes one of the kept connections, and the next one the other.
		ch := make(chan *hello, n)
		client.MustSubscribe(ctx, topic, ch)
		seq := client.MustPublish(ctx, topic, &hello{From: env.TestGroupID, Seq: int64(round)})
		heard, err := take(ch, n)
		if err != nil {
			return err
		}
		client.MustSignalAndWait(ctx, sync.State(fmt.Sprintf("round-%d", round)), n)
		env.RecordMessage("after %s s: published %d, heard %s, in %d ms", text, seq, heard, time.Since(begun).Milliseconds())
	}
	return nil
}

func hear(ctx context.Context, client syncClient, topic *sync.Topic, n int) (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ch := make(chan *hello, n)
	sub := client.MustSubscribe(ctx, topic, ch)
	words, err := take(ch, n)
	if err != nil {
		return "", err
	}
	cancel()
	<-sub.Done()
	return words, nil
}

// take returns the next n messages as words.
func take(ch <-chan *hello, n int) (string, error) {
	var words []string
	for len(words) < n {
		select {
		case got := <-ch:
			words = append(words, fmt.Sprintf("%s/%d", got.From, got.Seq))
		case <-time.After(30 * time.Second):
			return "", fmt.Errorf("heard only %d of %d", len(words), n)
		}
	}
	return strings.Join(words, " "), nil
}
