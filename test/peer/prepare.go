package main

import (
	"github.com/BurntSushi/toml"
	"github.com/testground/testground/pkg/api"
)

type preparedGroup struct {
	ID        string            `json:"id"`
	GroupID   string            `json:"group_id"`
	Instances uint              `json:"instances"`
	Params    map[string]string `json:"params"`
	Profiles  map[string]string `json:"profiles"`
	Builder   string            `json:"builder"`
	Build     api.Build         `json:"build"`
	Config    map[string]any    `json:"build_config"`
}

type preparedRun struct {
	ID     string          `json:"id"`
	Total  uint            `json:"total_instances"`
	Groups []preparedGroup `json:"groups"`
}

// The runs of a composition as testground would carry them out.
func prepare(composition, manifest string) (any, error) {
	asked := new(api.Composition)
	if _, err := toml.Decode(composition, asked); err != nil {
		return nil, err
	}
	plan := new(api.TestPlanManifest)
	if _, err := toml.Decode(manifest, plan); err != nil {
		return nil, err
	}
	asked = asked.GenerateDefaultRun()
	if err := asked.ValidateForRun(); err != nil {
		return nil, err
	}
	built, err := asked.PrepareForBuild(plan)
	if err != nil {
		return nil, err
	}
	ready, err := built.PrepareForRun(plan)
	if err != nil {
		return nil, err
	}
	runs := []preparedRun{}
	for _, run := range ready.Runs {
		prepared := preparedRun{ID: run.ID, Total: run.TotalInstances, Groups: []preparedGroup{}}
		for _, group := range run.Groups {
			of, err := ready.GetGroup(group.EffectiveGroupId())
			if err != nil {
				return nil, err
			}
			prepared.Groups = append(prepared.Groups, preparedGroup{
				ID:        group.ID,
				GroupID:   of.ID,
				Instances: group.CalculatedInstanceCount(),
				Params:    group.TestParams,
				Profiles:  group.Profiles,
				Builder:   of.Builder,
				Build:     of.Build,
				Config:    of.BuildConfig,
			})
		}
		runs = append(runs, prepared)
	}
	return map[string]any{"runs": runs}, nil
}
