//go:build sdk011

// The same for sdk-go 0.1.1: a network is configured through a topic, and a metric is an event.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/testground/sdk-go/runtime"
	"github.com/testground/sdk-go/sync"
)

func main() {
	common["network"] = configure
	common["metrics"] = metrics
	cases := map[string]runtime.TestCaseFn{}
	for name, fn := range common {
		fn := fn
		cases[name] = func(env *runtime.RunEnv) error {
			client := sync.MustBoundClient(context.Background(), env)
			defer client.Close()
			if err := client.WaitNetworkInitialized(context.Background(), env); err != nil {
				return err
			}
			// Later SDKs do so when they begin, and the Rust crate waits until all have.
			client.MustSignalEntry(context.Background(), "initialized_global")
			return fn(env, client)
		}
	}
	runtime.InvokeMap(cases)
}

func metrics(env *runtime.RunEnv, _ syncClient) error {
	temperature := &runtime.MetricDefinition{Name: "temperature", Unit: "degrees", ImprovementDir: -1}
	for i := 0; i < 3; i++ {
		env.RecordMetric(temperature, float64(20+i))
	}
	fmt.Println("not an event: kept all the same")
	return nil
}

func configure(env *runtime.RunEnv, client syncClient) error {
	ctx := context.Background()
	hostname, err := os.Hostname()
	if err != nil {
		return err
	}
	config := sync.NetworkConfig{Network: "default", Enable: true, State: "configured"}
	config.Default.Latency = time.Duration(env.IntParam("latency")) * time.Millisecond
	client.MustPublish(ctx, sync.NetworkTopic(hostname), &config)
	if err := <-client.MustBarrier(ctx, "configured", env.TestInstanceCount).C; err != nil {
		return err
	}
	env.RecordMessage("configured; sidecar=%v", env.TestSidecar)
	return nil
}
