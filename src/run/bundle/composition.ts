import { stringify } from 'smol-toml';
import type { GroupSpec, RunSpec } from '../../plan/run-spec.ts';
import { formatDuration } from '../../values/go-duration.ts';

/** A run as a composition with every default in its place, as a person would write it. */
export function compositionOf({ name, plan, testCase, runner, groups, config, ...spec }: RunSpec): string {
  const { timeoutMs, sync, sidecar } = config;
  const runConfig = withoutUndefined({
    timeout: timeoutMs === undefined ? undefined : formatDuration(timeoutMs),
    sync: sync.store,
    sidecar,
  });
  const composition = {
    metadata: { name },
    global: {
      plan: plan.dir,
      case: testCase,
      total_instances: spec.totalInstances,
      runner,
      run_config: runConfig,
      disable_metrics: spec.disableMetrics,
    },
    groups: groups.map(groupOf),
  };
  return `# The run ${spec.runId}, with every default in its place; its seed was ${spec.seed}.\n${stringify(composition)}`;
}

function groupOf({ id, instances, build, expect, params, profiles }: GroupSpec) {
  return {
    id,
    builder: build.builder,
    expect,
    instances: { count: instances },
    build_config: build.config,
    build: { selectors: build.selectors, dependencies: build.dependencies.map(withoutUndefined) },
    run: { test_params: params, profiles },
  };
}

function withoutUndefined(values: object): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
