package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"

	"github.com/BurntSushi/toml"
)

type table = map[string]any

// The functions that testground adds to text/template, for an environment and a folder.
func functions(env map[string]string, dir string) template.FuncMap {
	return template.FuncMap{
		"atoi":          strconv.Atoi,
		"split":         func(text string) []string { return strings.Split(text, ",") },
		"pick":          func(from table, key string) table { return table{key: from[key]} },
		"load_resource": func(name string) (table, error) { return readTable(filepath.Join(dir, name)) },
		"toml": func(value any) (string, error) {
			var text strings.Builder
			err := toml.NewEncoder(&text).Encode(value)
			return text.String(), err
		},
		"withEnv": func(from table) table {
			all := table{"Env": env}
			for key, value := range from {
				if key != "Env" {
					all[key] = value
				}
			}
			return all
		},
	}
}

func readTable(file string) (table, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return parseTable(string(text))
}

func parseTable(text string) (table, error) {
	var result table
	_, err := toml.Decode(text, &result)
	return result, err
}

func render(asked request) (string, error) {
	var dot any = &struct{ Env map[string]string }{asked.Env}
	if asked.Data != nil {
		data, err := parseTable(*asked.Data)
		if err != nil {
			return "", err
		}
		dot = data
	}
	parsed, err := template.New("composition").Funcs(functions(asked.Env, asked.Dir)).Parse(*asked.Template)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	err = parsed.Execute(&text, dot)
	return text.String(), err
}
