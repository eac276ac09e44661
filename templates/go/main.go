package main

import (
	"context"

	"github.com/testground/sdk-go/run"
	"github.com/testground/sdk-go/runtime"
	"github.com/testground/sdk-go/sync"
)

func main() {
	run.InvokeMap(map[string]interface{}{
		"meet": run.InitializedTestCaseFn(meet),
	})
}

// Each instance publishes its greeting, receives the greetings of all, and waits at a barrier until all have done so.
func meet(runenv *runtime.RunEnv, initCtx *run.InitContext) error {
	ctx := context.Background()
	client := initCtx.SyncClient
	all := runenv.TestInstanceCount

	topic := sync.NewTopic("greetings", "")
	seq, err := client.Publish(ctx, topic, runenv.StringParam("greeting"))
	if err != nil {
		return err
	}
	runenv.RecordMessage("I am number %d of %d", seq, all)

	greetings := make(chan string)
	if _, err := client.Subscribe(ctx, topic, greetings); err != nil {
		return err
	}
	for heard := 0; heard < all; heard++ {
		runenv.RecordMessage("heard %s", <-greetings)
	}

	_, err = client.SignalAndWait(ctx, "met", all)
	return err
}
