//go:build !sdk011

// What needs networks and metrics in packages of their own (sdk-go from 0.2.1 on).
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/testground/sdk-go/network"
	"github.com/testground/sdk-go/runtime"
)

var all = map[string]func(*runtime.RunEnv, syncClient, *network.Client) error{
	"metrics": metrics,
	"network": configure,
}

func init() {
	for name, fn := range common {
		fn := fn
		all[name] = func(env *runtime.RunEnv, client syncClient, _ *network.Client) error {
			return fn(env, client)
		}
	}
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
