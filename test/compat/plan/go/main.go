//go:build !sdk021 && !sdk011

// The cases of the compat plan in Go, for every SDK that has the package run (sdk-go from 0.2.2 on).
package main

import (
	"github.com/testground/sdk-go/run"
	"github.com/testground/sdk-go/runtime"
)

func main() {
	cases := map[string]interface{}{}
	for name, fn := range all {
		fn := fn
		cases[name] = run.InitializedTestCaseFn(func(env *runtime.RunEnv, ic *run.InitContext) error {
			return fn(env, ic.SyncClient, ic.NetClient)
		})
	}
	run.InvokeMap(cases)
}
