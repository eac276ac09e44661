package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/testground/sdk-go/network"
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

var all = map[string]func(*runtime.RunEnv, syncClient, *network.Client) error{
	"meet":    meet,
	"params":  params,
	"metrics": metrics,
	"network": configure,
	"profile": profile,
	"abandon": abandon,
	"fail": func(*runtime.RunEnv, syncClient, *network.Client) error {
		return errors.New("it did not work")
	},
	"panic": func(*runtime.RunEnv, syncClient, *network.Client) error {
		panic("out of order")
	},
	"hang": func(env *runtime.RunEnv, client syncClient, _ *network.Client) error {
		env.RecordMessage("waiting for nobody")
		return <-client.MustBarrier(context.Background(), "never", 99).C
	},
}

// abandon: the first fails, and the others wait for it.
func abandon(env *runtime.RunEnv, client syncClient, _ *network.Client) error {
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
func meet(env *runtime.RunEnv, client syncClient, _ *network.Client) error {
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

func hear(ctx context.Context, client syncClient, topic *sync.Topic, n int) (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	ch := make(chan *hello, n)
	sub := client.MustSubscribe(ctx, topic, ch)
	var words []string
	for len(words) < n {
		select {
		case got := <-ch:
			words = append(words, fmt.Sprintf("%s/%d", got.From, got.Seq))
		case <-time.After(30 * time.Second):
			cancel()
			return "", fmt.Errorf("heard only %d of %d", len(words), n)
		}
	}
	cancel()
	<-sub.Done()
	return strings.Join(words, " "), nil
}

func params(env *runtime.RunEnv, _ syncClient, _ *network.Client) error {
	env.RecordMessage("text=%s number=%d", env.StringParam("text"), env.IntParam("number"))
	return nil
}

func metrics(env *runtime.RunEnv, _ syncClient, _ *network.Client) error {
	for i := 0; i < 3; i++ {
		env.R().RecordPoint("temperature,place=here", float64(20+i))
		env.D().RecordPoint("noise", float64(i))
	}
	fmt.Println("not an event: kept all the same")
	return nil
}

func configure(env *runtime.RunEnv, client syncClient, net *network.Client) error {
	ctx := context.Background()
	config := &network.Config{Network: "default", Enable: true, CallbackState: "configured"}
	config.Default.Latency = time.Duration(env.IntParam("latency")) * time.Millisecond
	if err := net.ConfigureNetwork(ctx, config); err != nil {
		return err
	}
	env.RecordMessage("configured; sidecar=%v", env.TestSidecar)
	if env.TestSidecar {
		env.RecordMessage("my address is %s", net.MustGetDataNetworkIP())
	}
	return nil
}

// profile is busy for long enough to be seen.
func profile(env *runtime.RunEnv, _ syncClient, _ *network.Client) error {
	var kept [][]byte
	for end := time.Now().Add(1500 * time.Millisecond); time.Now().Before(end); {
		kept = append(kept[:len(kept)%100], make([]byte, 4096))
	}
	env.RecordMessage("kept %d", len(kept))
	return nil
}
