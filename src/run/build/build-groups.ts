import { builderOf } from '../../builders/builders.ts';
import { findArtifact } from '../../builders/store/artifacts.ts';
import { buildMark } from '../../builders/tool/build-mark.ts';
import { watchBuild } from '../../builders/tool/build-watchdog.ts';
import { throwIfAborted } from '../../builders/tool/throw-if-aborted.ts';
import { type Commit, commitOf } from '../../os/git-commit.ts';
import type { Home } from '../../os/home.ts';
import type { Artifact } from '../../plan/artifact.ts';
import { manifestFile } from '../../plan/manifest/manifest-file.ts';
import type { BuildsSpec } from '../../plan/run-spec.ts';
import type { Artifacts } from '../../runners/runner.ts';
import { expecting } from '../../util/errors.ts';
import type { Emit } from '../events/events.ts';
import { type Building, BuildWatch } from './build-watch.ts';

/** The options and callbacks of a build. */
export interface SharedBuildOptions {
  readonly home: Home;
  readonly callerEnv: NodeJS.ProcessEnv;
  /** Aborts the build; its reason is text. */
  readonly cancel: AbortSignal;
  readonly emit: Emit;
  /** Called with the build's progress whenever it changes, and with undefined at its end. */
  readonly onBuilding?: ((building: Building | undefined) => void) | undefined;
}

interface BuildRunsOptions extends SharedBuildOptions {
  /** The ID of the run or build: its tools are marked with it. */
  readonly buildId: string;
}

/** Builds the artifacts of a run until the signal aborts; its reason is text. */
export type Build = (signal: AbortSignal) => Promise<Artifacts>;

/**
 * Emits the notes of runs and builds their groups' artifacts: once for groups with the same build, and not for
 * groups that name an artifact.
 * @returns the artifacts of each run, in the order of the runs.
 * @throws TgError (build) with the compiler's output, (environment) if the build was aborted or a toolchain is
 *   missing.
 */
export async function buildRuns(
  runs: readonly BuildsSpec[],
  options: BuildRunsOptions,
): Promise<Artifacts[]> {
  const notes = new Set(runs.flatMap((run) => run.notes));
  for (const text of notes) options.emit({ type: 'notice', level: 'WARN', text });
  const built = new Map<string, Artifact>();
  const [first] = runs;
  const isBuilt = runs.some(({ groups }) => groups.some(({ artifact }) => artifact === undefined));
  const watchdog = isBuilt ? watchBuild(options.buildId, options.home, warnWith(options.emit)) : undefined;
  // All builds of a run are of one plan, at one commit.
  const commit =
    isBuilt && first !== undefined
      ? commitOf(first.plan.dir, manifestFile, options.callerEnv, options.cancel)
      : undefined;
  try {
    for (const alike of builtAlike(runs.flatMap(({ groups }) => groups))) {
      if (first === undefined) break;
      built.set(buildKeyOf(alike[0]), await artifactOf(first, alike, { ...options, commit }));
      throwIfAborted(options.cancel);
    }
  } finally {
    // Ends by itself, at the latest with tg: the run need not wait for it.
    void watchdog?.[Symbol.asyncDispose]();
  }
  return runs.map(
    ({ groups }) => new Map(groups.map((group) => [group.id, inMap(built, buildKeyOf(group))])),
  );
}

function warnWith(emit: Emit): (text: string) => void {
  return (text) => emit({ type: 'notice', level: 'WARN', text });
}

/** A key for a group's build, the same for groups with the same build. */
function buildKeyOf({ build, artifact }: GroupBuild): string {
  return JSON.stringify([build, artifact]);
}

function inMap(built: ReadonlyMap<string, Artifact>, buildKey: string): Artifact {
  const artifact = built.get(buildKey);
  if (artifact === undefined) throw new Error('a group was not built');
  return artifact;
}

type GroupBuild = BuildsSpec['groups'][number];
type Alike = readonly [GroupBuild, ...GroupBuild[]];

function builtAlike(groups: readonly GroupBuild[]): Alike[] {
  const sets = new Map<string, [GroupBuild, ...GroupBuild[]]>();
  for (const group of groups) {
    const how = buildKeyOf(group);
    const known = sets.get(how);
    if (known === undefined) sets.set(how, [group]);
    else known.push(group);
  }
  return [...sets.values()];
}

async function artifactOf(
  { plan, testCase }: BuildsSpec,
  groups: Alike,
  options: BuildRunsOptions & { readonly commit: Promise<Commit | undefined> | undefined },
): Promise<Artifact> {
  const { home, callerEnv, buildId, cancel: signal, emit, onBuilding, commit } = options;
  const emitNotice = (level: 'INFO' | 'WARN', text: string, fields?: object) =>
    emit({ type: 'notice', level, text, ...(fields === undefined ? {} : { fields }) });
  const [{ artifact: asked, build: spec }] = groups;
  const fields = { plan: plan.name, groups: [...new Set(groups.map(({ id }) => id))], builder: spec.builder };
  if (asked !== undefined) {
    const artifact = await findArtifact(home, asked, spec.builder, plan.name);
    emitNotice('INFO', 'using an earlier build', { ...fields, artifact: artifact.key });
    return artifact;
  }
  using watch = new BuildWatch(fields, emit, onBuilding);
  emitNotice('INFO', 'performing build for groups', fields);
  const builder = await builderOf(spec.builder);
  throwIfAborted(signal);
  const callbacks = {
    warn: (text: string) => emitNotice('WARN', text),
    report: (text: string) => emitNotice('INFO', text),
    progress: watch.progress,
  };
  const env = { ...callerEnv, [buildMark]: buildId };
  const built = await builder
    .build({ plan, testCase, spec, home, env, signal, ...callbacks })
    .catch(expecting('build', plan.dir, 'the plan cannot be built', 'Fix that file, or its permissions.'));
  emitNotice('INFO', 'build succeeded', { ...fields, artifact: built.key });
  return { ...built, commit: await commit };
}
