import { stringify } from 'smol-toml';
import { writeFault } from '../../plan/fault/write-fault.ts';
import { defaultRun } from '../../plan/resolve/single.ts';
import type { GroupSpec, RunSpec } from '../../plan/run-spec.ts';
import { formatDuration } from '../../values/go-duration.ts';

/** Formats a run as a composition with explicit defaults, as a person would write it. */
export function compositionOf({ name, plan, testCase, runner, groups, config, ...spec }: RunSpec): string {
  const { timeoutMs, stallAfterMs, maxOutput, sync, sidecar, unapplied } = config;
  const runConfig = withoutUndefined({
    timeout: timeoutMs === undefined ? undefined : formatDuration(timeoutMs),
    stall_after: formatDuration(stallAfterMs),
    max_output: maxOutput === undefined ? undefined : String(maxOutput),
    sync: sync.store,
    sidecar,
    unapplied: unapplied === 'report' ? undefined : unapplied,
    ...config.runner,
  });
  const composition = {
    global: {
      plan: plan.dir,
      case: testCase,
      runner,
      run_config: runConfig,
      disable_metrics: spec.disableMetrics,
      thresholds: spec.thresholds.map(withoutNull),
    },
    groups: groups.map(groupOf),
    ...(spec.faults.length > 0 && { faults: spec.faults.map(writeFault) }),
    // A run with the default name needs no `runs` entry.
    ...(name === defaultRun ? {} : { runs: [{ id: name, groups: groups.map(({ id }) => ({ id })) }] }),
  };
  const head = [
    `# The run ${spec.runId}, with all defaults filled in. To repeat it exactly:`,
    `# tg rerun ${spec.runId}, or with this file: tg run composition -f composition.toml --seed ${spec.seed}`,
  ];
  // A composition is a template: text that looks like an action must be escaped.
  return `${head.join('\n')}\n${stringify(composition).replaceAll('{{', '{{ `{{` }}')}`;
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

function withoutNull(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

function withoutUndefined(values: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
