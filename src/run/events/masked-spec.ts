import { isDeepStrictEqual } from 'node:util';
import type { Mask } from '../../outputs/mask.ts';
import type { Cue, FaultSpec, InstanceSet } from '../../plan/fault/fault.ts';
import type { GroupSpec, RunSpec } from '../../plan/run-spec.ts';
import { withoutSecrets } from '../../plan/secrets.ts';

type Texts = Readonly<Record<string, string>>;

/**
 * Masks a run's specification: removes the values of secret parameters, and masks everything else that contains
 * one. The names of its plan, test case, groups and parameters stay, and so do paths.
 */
export function maskedSpec(spec: RunSpec, mask: Mask): RunSpec {
  // An empty secret has nothing to mask, but is still removed.
  const bare = withoutSecrets(spec);
  if (mask.isEmpty) return bare;
  const text = (message: string) => mask.text(message);
  const { metadata, refused } = bare;
  return {
    ...bare,
    point: masked(bare.point, mask),
    labels: bare.labels.map(text),
    groups: bare.groups.map((group) => maskedGroup(group, mask)),
    configOrigins: masked(bare.configOrigins, mask),
    refused: refused && text(refused),
    metricUnits: masked(bare.metricUnits, mask),
    thresholds: bare.thresholds.map((threshold) => ({ ...threshold, metric: text(threshold.metric) })),
    faults: bare.faults.map((fault) => maskedFault(fault, mask)),
    attachments: bare.attachments.map(({ pattern, type }) => ({
      pattern: text(pattern),
      type: type && text(type),
    })),
    metadata: { repo: text(metadata.repo), branch: text(metadata.branch), commit: text(metadata.commit) },
    notes: bare.notes.map(text),
  };
}

/** Masks what people write in a fault; group names stay. */
function maskedFault(fault: FaultSpec, mask: Mask): FaultSpec {
  const { target, moment } = fault;
  return {
    ...fault,
    target: { ...target, of: maskedSet(target.of, mask) },
    moment:
      moment.kind === 'cue'
        ? { ...moment, cue: maskedCue(moment.cue, mask), by: moment.by && maskedSet(moment.by, mask) }
        : moment,
  };
}

function maskedSet(set: InstanceSet, mask: Mask): InstanceSet {
  return 'state' in set ? { ...set, state: mask.text(set.state) } : set;
}

function maskedCue(cue: Cue, mask: Mask): Cue {
  switch (cue.on) {
    case 'state':
      return { ...cue, state: mask.text(cue.state) };
    case 'topic':
      return { ...cue, topic: mask.text(cue.topic), value: mask.data(cue.value) };
    case 'stage':
      return { ...cue, stage: mask.text(cue.stage) };
    case 'line':
      return { ...cue, text: mask.text(cue.text) };
    case 'end':
      return cue;
  }
}

function maskedGroup(group: GroupSpec, mask: Mask): GroupSpec {
  const text = (message: string) => mask.text(message);
  const { build, origins } = group;
  return {
    ...group,
    role: text(group.role),
    build: {
      ...build,
      config: masked(build.config, mask),
      selectors: build.selectors.map(text),
      dependencies: build.dependencies.map(({ module, target, version }) => ({
        module: text(module),
        target: target && text(target),
        version: version && text(version),
      })),
    },
    params: masked(group.params, mask),
    profiles: masked(group.profiles, mask),
    origins: {
      instances: text(origins.instances),
      builder: text(origins.builder),
      buildConfig: masked(origins.buildConfig, mask),
      params: masked(origins.params, mask),
      profiles: masked(origins.profiles, mask),
    },
  };
}

/** Masks values and keeps their names. */
function masked(values: Texts, mask: Mask): Texts {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, mask.text(value)]));
}

/**
 * What is missing from a run's records because it contains the value of a secret parameter, as text: the run cannot
 * be repeated exactly. Secret parameters themselves do not count, since they are requested again.
 */
export function lostOnRecord(spec: RunSpec, mask: Mask): string[] {
  const lostIn = (group: GroupSpec) =>
    [...deciding(group)].flatMap(([what, value]) =>
      mask.text(value) === value ? [] : [`${what} of ${group.id}`],
    );
  const lostFaults = spec.faults.flatMap((fault, index) =>
    isDeepStrictEqual(maskedFault(fault, mask), fault) ? [] : [`fault ${index + 1}`],
  );
  return [...spec.groups.flatMap(lostIn), ...lostFaults];
}

/** The settings that determine how a group is built and started, by their description. */
function deciding({ build, params, secrets, profiles }: GroupSpec): Map<string, string> {
  const named = (what: string, values: Texts) =>
    Object.entries(values).map(([name, value]) => [`${what} ${name}`, value] as const);
  return new Map([
    ...named('parameter', params).filter(([what]) => !secrets.some((name) => what === `parameter ${name}`)),
    ...named('build configuration', build.config),
    ...named('profile', profiles),
    ['selectors', build.selectors.join('\n')],
    ['dependencies', build.dependencies.map((each) => Object.values(each).join('\n')).join('\n')],
  ]);
}
