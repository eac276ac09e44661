//go:build sdk021

// The same for sdk-go 0.2.1, where clients are the plan's to make.
package main

import (
	"context"

	"github.com/testground/sdk-go/network"
	"github.com/testground/sdk-go/runtime"
	"github.com/testground/sdk-go/sync"
)

func main() {
	cases := map[string]runtime.TestCaseFn{}
	for name, fn := range all {
		fn := fn
		cases[name] = func(env *runtime.RunEnv) error {
			client := sync.MustBoundClient(context.Background(), env)
			defer client.Close()
			net := network.NewClient(client, env)
			net.MustWaitNetworkInitialized(context.Background())
			return fn(env, client, net)
		}
	}
	runtime.InvokeMap(cases)
}
