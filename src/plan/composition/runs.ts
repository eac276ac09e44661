import { allOf, TgError } from '../../util/errors.ts';
import { didYouMean } from '../../util/suggest.ts';
import { readFault } from '../fault/read-fault.ts';
import { keyPathIn } from '../files/check.ts';
import type { BuildRequest } from '../resolve/builds.ts';
import { dependencyOf } from '../resolve/dependency.ts';
import type { Layer } from '../resolve/layered-config.ts';
import { textOf } from '../resolve/param-text.ts';
import type { RequestedRun } from '../resolve/requested.ts';
import type { GroupRequest } from '../resolve/resolve.ts';
import { defaultRun } from '../resolve/single.ts';
import type { Resources } from '../run-spec.ts';
import type { Threshold } from '../threshold.ts';
import { countsForTotal, countsOf } from './counts.ts';
import type { ReadComposition } from './read.ts';
import type { Composition, CompositionRun, Group, RunGroup } from './schema.ts';

/**
 * Returns the runs of a composition, in order. Key by key, the nearest value wins: run group, run, group, global
 * part. Selectors are the group's own or the global ones.
 * @throws TgError (usage) for unknown groups, and for counts and percentages that do not add up.
 */
export function runsOf(read: ReadComposition): RequestedRun[] {
  const { runs } = read.composition;
  if (runs.length === 0) return [requestRun(runOfEverything(read.composition), 'groups', read)];
  return allOf(
    runs.map((run, index) => () => requestRun(run, `runs[${index}].groups`, read, `runs[${index}]`)),
  );
}

function runOfEverything({ global, groups }: Composition): CompositionRun {
  return {
    id: defaultRun,
    test_params: {},
    total_instances: global.total_instances,
    thresholds: [],
    faults: [],
    groups: groups.map(({ id }) => ({ id, test_params: {}, profiles: {} })),
  };
}

/**
 * @param groupsAt the key path of its groups.
 * @param runAt the key path of the run; undefined if the composition has no runs.
 */
function requestRun(
  run: CompositionRun,
  groupsAt: string,
  read: ReadComposition,
  runAt?: string,
): RequestedRun {
  const { composition, file } = read;
  const members = allOf(
    run.groups.map((own, index) => () => {
      const at = `${groupsAt}[${index}]`;
      const [group, groupIndex] = groupOf(own, composition, `${file}: ${at}`);
      return {
        own,
        group,
        at,
        groupAt: `groups[${groupIndex}]`,
        instances: own.instances ?? group.instances,
      };
    }),
  );
  const total = totalOf(run, composition, members);
  const ownTotal = run.total_instances > 0;
  const totalAt = runAt !== undefined && ownTotal ? `${runAt}.total_instances` : 'global.total_instances';
  const shares = members.map(({ own, at, instances }) => ({
    ...{ id: own.id, where: `${file}: ${at}.instances`, instances },
  }));
  const counts = countsOf(shares, { total, where: `${file}: ${totalAt}` });
  return {
    name: run.id,
    of: run.id,
    combination: {},
    runConfig: [],
    thresholds: [...composition.global.thresholds, ...run.thresholds].map(thresholdOf),
    faults: allOf([
      ...composition.faults.map((fault, index) => () => readFault(fault, `${file}: faults[${index}]`)),
      ...run.faults.map((fault, index) => () => readFault(fault, `${file}: ${runAt}.faults[${index}]`)),
    ]),
    groups: allOf(
      members.map((member, index) => () => requestGroup(member, counts[index] ?? 0, { run, runAt, read })),
    ),
    countsFor: (total, where) => countsForTotal(shares, { total, where }),
  };
}

function thresholdOf({ below, above, group, ...its }: CompositionRun['thresholds'][number]): Threshold {
  return { ...its, below: below ?? null, above: above ?? null, group: group ?? null };
}

/** The total of a run: its own or, if a group has a percentage, the global one or the first of a matrix. */
function totalOf(
  run: CompositionRun,
  { global, matrix }: Composition,
  members: readonly Pick<Member, 'instances'>[],
): number {
  if (run.total_instances > 0) return run.total_instances;
  if (!members.some(({ instances }) => (instances.percentage ?? 0) > 0)) return 0;
  // A matrix that varies the total replaces it.
  const { instances: varied } = matrix;
  const [first] = Array.isArray(varied) ? varied : [];
  return global.total_instances > 0 || typeof first !== 'number' ? global.total_instances : first;
}

function groupOf(own: RunGroup, { groups }: Composition, where: string): [Group, number] {
  const id = own.group_id || own.id;
  const index = groups.findIndex((group) => group.id === id);
  const group = groups[index];
  if (group !== undefined) return [group, index];
  const ids = groups.map((known) => known.id);
  throw new TgError('usage', `there is no group "${id}"`, { where, hint: didYouMean(id, ids, 'group') });
}

interface Member {
  readonly own: RunGroup;
  readonly group: Group;
  readonly at: string;
  readonly groupAt: string;
  readonly instances: Group['instances'];
}

interface MemberContext {
  readonly run: CompositionRun;
  readonly runAt: string | undefined;
  readonly read: ReadComposition;
}

function requestGroup(
  { own, group, at, groupAt }: Member,
  count: number,
  { run, runAt, read }: MemberContext,
): GroupRequest {
  const { global } = read.composition;
  const place = (path: string) => `${read.file}: ${path}`;
  const layer = layerIn(read);
  return {
    ...buildOf(group, groupAt, read),
    id: own.id,
    instances: { value: count, where: place(`${own.instances === undefined ? groupAt : at}.instances`) },
    params: [
      layer('global.run.test_params', global.run.test_params),
      layer(`${groupAt}.run.test_params`, group.run.test_params),
      ...(runAt === undefined ? [] : [layer(`${runAt}.test_params`, run.test_params)]),
      layer(`${at}.test_params`, own.test_params),
    ].map(texts),
    profiles: [
      layer('global.run.profiles', global.run.profiles),
      layer(`${groupAt}.run.profiles`, group.run.profiles),
      layer(`${at}.profiles`, own.profiles),
    ].map(texts),
    expect: own.expect ?? group.expect ?? 'success',
    resources: resourcesOf(own.resources ?? group.resources),
  };
}

function resourcesOf(given: Group['resources']): Resources | undefined {
  return given && { memory: String(given.memory) || undefined, cpu: String(given.cpu) || undefined };
}

/** Returns the builds of all groups of a composition, including groups that are in no run. */
export function buildsOf(read: ReadComposition): BuildRequest[] {
  return allOf(read.composition.groups.map((group, index) => () => buildOf(group, `groups[${index}]`, read)));
}

function buildOf(group: Group, groupAt: string, read: ReadComposition): BuildRequest {
  const { global } = read.composition;
  const layer = layerIn(read);
  return {
    id: group.id,
    of: group.id,
    builder: builderOf(group, groupAt, read),
    buildConfig: [
      layer('global.build_config', global.build_config),
      layer(`${groupAt}.build_config`, group.build_config),
    ],
    selectors: group.build.selectors.length > 0 ? group.build.selectors : global.build.selectors,
    dependencies: dependenciesOf(group, groupAt, read),
    artifact: group.run.artifact || global.run.artifact || undefined,
  };
}

function builderOf(group: Group, groupAt: string, read: ReadComposition): BuildRequest['builder'] {
  if (read.builder !== undefined) return { value: read.builder, where: '--builder' };
  if (group.builder !== undefined) return { value: group.builder, where: `${read.file}: ${groupAt}.builder` };
  const { builder } = read.composition.global;
  return builder === undefined ? undefined : { value: builder, where: `${read.file}: global.builder` };
}

function layerIn({ file, placeOf }: ReadComposition): (path: string, values: Layer['values']) => Layer {
  return (path, values) => ({
    where: `${file}: ${path}`,
    values,
    placeOf: (name) => placeOf([...keyPathIn(path), name]),
  });
}

function dependenciesOf(group: Group, groupAt: string, { composition, file, dir }: ReadComposition) {
  const all = [
    ...composition.global.build.dependencies.map((dependency) => ({ dependency, where: 'global' })),
    ...group.build.dependencies.map((dependency) => ({ dependency, where: groupAt })),
  ];
  const found = all.map(({ dependency, where }) => {
    const read = () => dependencyOf(dependency, `${file}: ${where}.build.dependencies`, dir);
    return [dependency.module, read] as const;
  });
  return allOf([...new Map(found).values()]);
}

function texts({ values, ...layer }: Layer): Layer<string> {
  const entries = Object.entries(values).map(([key, value]) => [key, textOf(value) ?? ''] as const);
  return { ...layer, values: Object.fromEntries(entries) };
}
