import { Mask } from '../../outputs/mask.ts';
import { faultText } from '../../plan/fault/fault-text.ts';
import { instancesOfGroups, instanceTag } from '../../plan/instance-id.ts';
import { hostOf } from '../../plan/resolve/run-config.ts';
import { runnerInfo } from '../../plan/resolve/runner-info.ts';
import type { GroupSpec, Origins, RunSpec } from '../../plan/run-spec.ts';
import { secretValuesOf } from '../../plan/secrets.ts';
import { thresholdText } from '../../plan/threshold.ts';
import { maskedSpec } from '../../run/events/masked-spec.ts';
import { seedOf } from '../../run/seed.ts';
import { runnerCatalog } from '../../runners/registry.ts';
import { sanitizeTerminalLine } from '../../util/sanitize-terminal.ts';
import { formatDuration } from '../../values/go-duration.ts';
import { networkAsData, networkAsText } from './describe-network.ts';
import type { DryRunJson } from './json/dry-run-json.ts';

interface How {
  readonly list?: boolean;
  readonly json?: boolean;
}

/**
 * Describes the resolved runs: one line each with `list`, otherwise all values and their origins; as JSON if
 * requested.
 */
export function describeResolved(all: readonly RunSpec[], { list, json }: How): string {
  const specs = all.map((spec) => maskedSpec(spec, new Mask(secretValuesOf(spec))));
  if (json) {
    const data: DryRunJson = { version: 1, runs: specs.map(runAsData) };
    return `${JSON.stringify(data, null, 2)}\n`;
  }
  if (!list) {
    const notes = [...new Set(specs.flatMap((spec) => spec.notes))].map(
      (note) => `note: ${note.replaceAll('\n', '\n  ')}\n`,
    );
    return [notes.join(''), ...specs.map(runAsText)].filter((part) => part !== '').join('\n');
  }
  const names = specs.map(({ name }) => sanitizeTerminalLine(name));
  const width = Math.max(...names.map((name) => name.length));
  return specs
    .map(({ totalInstances, groups }, index) => {
      const each = groups.map(({ id, instances }) => `${sanitizeTerminalLine(id)}: ${instances}`).join(', ');
      return `${(names[index] ?? '').padEnd(width)}  ${totalInstances} instance${totalInstances === 1 ? '' : 's'} (${each})\n`;
    })
    .join('');
}

function runAsData(spec: RunSpec): DryRunJson['runs'][number] {
  return {
    name: spec.name,
    plan: spec.plan.name,
    plan_dir: spec.plan.dir,
    case: spec.testCase,
    runner: spec.runner,
    total_instances: spec.totalInstances,
    disable_metrics: spec.disableMetrics,
    thresholds: spec.thresholds.map(thresholdText),
    faults: spec.faults.map(faultText),
    seed: spec.seed,
    run_config: withOrigins(configTexts(spec), spec.configOrigins),
    notes: spec.notes,
    groups: spec.groups.map((group) => ({
      id: group.id,
      group_id: group.of,
      instances: group.instances,
      instances_from: group.origins.instances,
      expect: group.expect,
      builder: { value: group.build.builder, from: group.origins.builder },
      build_config: withOrigins(group.build.config, group.origins.buildConfig),
      selectors: group.build.selectors,
      dependencies: group.build.dependencies,
      artifact: group.artifact ?? null,
      resources: group.resources ?? null,
      test_params: withOrigins(group.params, group.origins.params),
      profiles: withOrigins(group.profiles, group.origins.profiles),
    })),
    network: waysIn(spec).map(networkAsData),
    instances: spec.groups.flatMap((group) =>
      instancesOfGroups([group]).map((instance) => ({
        ...instance,
        tag: instanceTag(instance),
        seed: seedOf(spec.seed, instance),
        test_params: group.params,
      })),
    ),
  };
}

function withOrigins(values: Readonly<Record<string, string>>, origins: Origins) {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, { value, from: origins[key] ?? '' }]),
  );
}

/** The run configuration with possible passwords redacted. */
function configTexts({
  config: { timeoutMs, sync, sidecar, unapplied, influxdb, otlp, runner },
  configOrigins,
}: RunSpec) {
  const texts = {
    timeout: timeoutMs === undefined ? undefined : formatDuration(timeoutMs),
    sync: sync.store,
    redis: sync.store === 'redis' ? hostOf(sync.url) : undefined,
    sidecar,
    unapplied,
    influxdb: hostOf(influxdb),
    otlp: hostOf(otlp),
    ...Object.fromEntries(Object.entries(runner).map(([key, value]) => [key, textOf(value)])),
  };
  return Object.fromEntries(
    Object.entries(texts).flatMap(([key, value]) =>
      value === undefined || configOrigins[key] === undefined ? [] : [[key, value]],
    ),
  );
}

/** A table has no text: what comes of it is described elsewhere. */
function textOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'object' ? undefined : String(value);
}

function runAsText(spec: RunSpec): string {
  const many = spec.totalInstances === 1 ? '1 instance' : `${spec.totalInstances} instances`;
  return [
    `run ${spec.name}: ${many} of test case ${spec.testCase}, plan ${spec.plan.name} (${spec.plan.dir})\n`,
    `  runner: ${spec.runner}\n`,
    section('run configuration', configTexts(spec), spec.configOrigins, '  '),
    ...spec.groups.map(groupAsText),
    faultsAsText(spec),
    networkAsText(waysIn(spec)),
  ].join('');
}

function faultsAsText({ faults }: RunSpec): string {
  if (faults.length === 0) return '';
  return `  faults:\n${faults.map((fault) => `    ${sanitizeTerminalLine(faultText(fault))}\n`).join('')}`;
}

function waysIn(spec: RunSpec) {
  return runnerInfo(runnerCatalog, spec.runner)?.declaredWays?.(spec) ?? [];
}

function groupAsText(group: GroupSpec): string {
  const { id, of, build, origins } = group;
  const tags = instancesOfGroups([group]).map(instanceTag);
  const [first = 'no instance'] = tags;
  return [
    `  group ${id}${of === id ? '' : `, built as ${of}`}: ${tags.length > 1 ? `${first} to ${tags.at(-1)}` : first}  <- ${origins.instances}\n`,
    `    builder: ${build.builder}  <- ${origins.builder}\n`,
    group.artifact === undefined ? '' : `    artifact: ${group.artifact}\n`,
    group.expect === 'success' ? '' : `    expected final state: ${group.expect}\n`,
    section('build configuration', build.config, origins.buildConfig, '    '),
    build.selectors.length === 0 ? '' : `    selectors: ${build.selectors.join(', ')}\n`,
    ...build.dependencies.map(
      ({ module, target, version }) =>
        `    dependency: ${module} = ${target ?? ''}${version === undefined ? '' : `@${version}`}\n`,
    ),
    section('parameters', group.params, origins.params, '    '),
    section('profiles', group.profiles, origins.profiles, '    '),
  ].join('');
}

function section(
  title: string,
  values: Readonly<Record<string, string>>,
  origins: Origins,
  indent: string,
): string {
  const entries = Object.entries(values);
  if (entries.length === 0) return '';
  const lines = entries.map(
    ([key, value]) => `${indent}  ${key} = ${JSON.stringify(value)}  <- ${origins[key]}\n`,
  );
  return `${indent}${title}:\n${lines.join('')}`;
}
