import type { Artifact } from '../builders/builder.ts';
import { builderOf } from '../builders/builders.ts';
import { findArtifact } from '../builders/store/artifacts.ts';
import { buildMark } from '../builders/tool/build-mark.ts';
import { throwIfGivenUp } from '../builders/tool/give-up.ts';
import type { Home } from '../os/home.ts';
import type { BuildsSpec } from '../plan/run-spec.ts';
import { expecting } from '../util/errors.ts';
import { type Building, BuildWatch } from './build-watch.ts';
import type { Emit } from './events/events.ts';

/** What surrounds a build. */
export interface BuildSurroundings {
  readonly home: Home;
  readonly callerEnv: NodeJS.ProcessEnv;
  /** Gives it up; its reason says why, in words. */
  readonly cancel: AbortSignal;
  readonly emit: Emit;
  /** Is told how a build stands, as often as that changes, and undefined at its end: for who looks. */
  readonly onBuilding?: ((building: Building | undefined) => void) | undefined;
}

interface Surrounded extends BuildSurroundings {
  /** The ID of whatever the build is for: its tools are marked with it. */
  readonly buildId: string;
}

/** The artifact of each group of a run, by the group's ID. */
export type Artifacts = ReadonlyMap<string, Artifact>;

/** Builds what a run needs, until the signal aborts; its reason says why, in words. */
export type Build = (signal: AbortSignal) => Promise<ReadonlyMap<string, Artifact>>;

/**
 * Tells what is to be told of runs before them, and builds what their groups need: once for those that are built alike,
 * and not for those that name an artifact.
 * @returns the artifacts of each run, in their order.
 * @throws TgError (build) with the compiler's words, (environment) when it was given up or a toolchain is missing.
 */
export async function buildRuns(runs: readonly BuildsSpec[], around: Surrounded): Promise<Artifacts[]> {
  const notes = new Set(runs.flatMap((run) => run.notes));
  for (const text of notes) around.emit({ type: 'notice', level: 'WARN', text });
  const built = new Map<string, Artifact>();
  const [first] = runs;
  for (const alike of builtAlike(runs.flatMap(({ groups }) => groups))) {
    if (first === undefined) break;
    built.set(wayOf(alike[0]), await artifactOf(first, alike, around));
    throwIfGivenUp(around.cancel);
  }
  return runs.map(({ groups }) => new Map(groups.map((group) => [group.id, inMap(built, wayOf(group))])));
}

/** How a group is built: what it has in common with those that are built alike. */
function wayOf({ build, artifact }: GroupBuild): string {
  return JSON.stringify([build, artifact]);
}

function inMap(built: ReadonlyMap<string, Artifact>, way: string): Artifact {
  const artifact = built.get(way);
  if (artifact === undefined) throw new Error('a group was not built');
  return artifact;
}

type GroupBuild = BuildsSpec['groups'][number];
type Alike = readonly [GroupBuild, ...GroupBuild[]];

function builtAlike(groups: readonly GroupBuild[]): Alike[] {
  const sets = new Map<string, [GroupBuild, ...GroupBuild[]]>();
  for (const group of groups) {
    const how = wayOf(group);
    const known = sets.get(how);
    if (known === undefined) sets.set(how, [group]);
    else known.push(group);
  }
  return [...sets.values()];
}

async function artifactOf(
  { plan, testCase }: BuildsSpec,
  groups: Alike,
  around: Surrounded,
): Promise<Artifact> {
  const { home, callerEnv, buildId, cancel: signal, emit, onBuilding } = around;
  const tell = (level: 'INFO' | 'WARN', text: string, fields?: object) =>
    emit({ type: 'notice', level, text, ...(fields === undefined ? {} : { fields }) });
  const [{ artifact: asked, build: spec }] = groups;
  const fields = { plan: plan.name, groups: [...new Set(groups.map(({ id }) => id))], builder: spec.builder };
  if (asked !== undefined) {
    const artifact = await findArtifact(home, asked, spec.builder, plan.name);
    tell('INFO', 'using an earlier build', { ...fields, artifact: artifact.key });
    return artifact;
  }
  tell('INFO', 'performing build for groups', fields);
  const builder = await builderOf(spec.builder);
  throwIfGivenUp(signal);
  using watch = new BuildWatch(fields, emit, onBuilding);
  const ways = {
    warn: (text: string) => tell('WARN', text),
    tell: (text: string) => tell('INFO', text),
    progress: watch.progress,
  };
  const env = { ...callerEnv, [buildMark]: buildId };
  const artifact = await builder
    .build({ plan, testCase, spec, home, env, signal, ...ways })
    .catch(expecting('build', plan.dir, 'the plan cannot be built', 'Mend that file, or its permissions.'));
  tell('INFO', 'build succeeded', { ...fields, artifact: artifact.key });
  return artifact;
}
