// Puts a load on a sync service, and prints the measurements as one JSON object, with times in microseconds.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
)

type benchmark func(address string, sizes []int) (map[string]any, error)

var benchmarks = map[string]benchmark{
	"signal":     signal,
	"barrier":    barrier,
	"broadcast":  broadcast,
	"spread":     spread,
	"latency":    latency,
	"throughput": throughput,
	"hold":       hold,
}

// load <benchmark> <host:port> <sizes…>
func main() {
	run, known := benchmarks[os.Args[1]]
	if !known {
		log.Fatalf("no benchmark %q", os.Args[1])
	}
	var sizes []int
	for _, text := range os.Args[3:] {
		size, err := strconv.Atoi(text)
		if err != nil {
			log.Fatal(err)
		}
		sizes = append(sizes, size)
	}
	measured, err := run(os.Args[2], sizes)
	if err != nil {
		log.Fatal(err)
	}
	text, err := json.Marshal(measured)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
}
