// The test case output of Testground's example plan, with the Go SDK.
package main

import (
	"github.com/testground/sdk-go/run"
	"github.com/testground/sdk-go/runtime"
)

func main() {
	run.InvokeMap(map[string]interface{}{
		"output": func(env *runtime.RunEnv) error {
			env.RecordMessage("Hello, World.")
			return nil
		},
	})
}
