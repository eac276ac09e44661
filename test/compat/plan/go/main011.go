//go:build sdk011

// The same for sdk-go 0.1.1, which has neither networks nor metrics in packages of their own.
package main

import (
	"context"

	"github.com/testground/sdk-go/runtime"
	"github.com/testground/sdk-go/sync"
)

func main() {
	runtime.InvokeMap(map[string]runtime.TestCaseFn{
		"pause": func(env *runtime.RunEnv) error {
			client := sync.MustBoundClient(context.Background(), env)
			defer client.Close()
			return pause(env, client)
		},
	})
}
