// Testground's own sync service, from its package, on the given port.
package main

import (
	"context"
	"log"
	"os"
	"strconv"

	sync "github.com/testground/sync-service"
	"go.uber.org/zap"
)

func main() {
	port, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	logger := zap.NewNop().Sugar()
	service, err := sync.NewDefaultService(context.Background(), logger)
	if err != nil {
		log.Fatal(err)
	}
	server, err := sync.NewServer(service, port)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(server.Serve())
}
