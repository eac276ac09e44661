// What Go's text/template and testground's own packages make of a composition: the yardstick of the tests beside it.
// Reads requests from stdin and writes answers to stdout, a JSON object a line each.
package main

import (
	"bufio"
	"encoding/json"
	"os"
)

type request struct {
	// A template, and what `.` is: the environment, or the tables of a TOML text.
	Template *string           `json:"template"`
	Env      map[string]string `json:"env"`
	Data     *string           `json:"data"`
	// The folder that load_resource looks in.
	Dir string `json:"dir"`

	// A composition without templates, and its plan's manifest.
	Composition *string `json:"composition"`
	Manifest    string  `json:"manifest"`
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for in.Scan() {
		var asked request
		if err := json.Unmarshal(in.Bytes(), &asked); err != nil {
			panic(err)
		}
		answer, err := answerTo(asked)
		if err != nil {
			answer = map[string]string{"error": err.Error()}
		}
		if err := out.Encode(answer); err != nil {
			panic(err)
		}
	}
	if err := in.Err(); err != nil {
		panic(err)
	}
}

func answerTo(asked request) (any, error) {
	if asked.Template != nil {
		text, err := render(asked)
		return map[string]string{"text": text}, err
	}
	return prepare(*asked.Composition, asked.Manifest)
}
