//go:build !sdk011

// The cases for every SDK that configures networks and records metrics (sdk-go from 0.2.1 on).
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/testground/sdk-go/network"
	"github.com/testground/sdk-go/runtime"
	"github.com/testground/sdk-go/sync"
)

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
	"pause": func(env *runtime.RunEnv, client syncClient, _ *network.Client) error {
		return pause(env, client)
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
