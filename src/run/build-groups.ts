import { findArtifact } from '../build/artifacts.ts';
import type { Artifact } from '../build/builder.ts';
import { builderOf } from '../build/builders.ts';
import { TgError } from '../errors.ts';
import type { Home } from '../home.ts';
import type { GroupSpec, RunSpec } from '../plan/run-spec.ts';
import type { Emit } from './events.ts';

/** What surrounds a build. */
export interface BuildSurroundings {
  readonly home: Home;
  readonly callerEnv: NodeJS.ProcessEnv;
  /** Gives it up; its reason says why, in words. */
  readonly cancel: AbortSignal;
  readonly emit: Emit;
}

/**
 * Tells what is to be told of a run before it, and builds what its groups need: once for those that are built alike, and not for those that name an artifact.
 * @returns the artifact of each group, by its ID.
 * @throws TgError (build) with the compiler's words, (environment) when it was given up or a toolchain is missing.
 */
export async function buildGroups(
  { plan, groups, notes }: Pick<RunSpec, 'plan' | 'groups' | 'notes'>,
  around: BuildSurroundings,
): Promise<Map<string, Artifact>> {
  for (const text of notes) around.emit({ type: 'notice', level: 'WARN', text });
  const artifacts = new Map<string, Artifact>();
  for (const alike of builtAlike(groups)) {
    const artifact = await artifactOf(plan, alike, around);
    throwIfEnded(around.cancel);
    for (const { id } of alike) artifacts.set(id, artifact);
  }
  return artifacts;
}

type Alike = readonly [GroupSpec, ...GroupSpec[]];

function builtAlike(groups: readonly GroupSpec[]): Alike[] {
  const sets = new Map<string, [GroupSpec, ...GroupSpec[]]>();
  for (const group of groups) {
    const how = JSON.stringify([group.build, group.artifact]);
    const known = sets.get(how);
    if (known === undefined) sets.set(how, [group]);
    else known.push(group);
  }
  return [...sets.values()];
}

async function artifactOf(
  plan: RunSpec['plan'],
  groups: Alike,
  around: BuildSurroundings,
): Promise<Artifact> {
  const { home, callerEnv: env, cancel: signal, emit } = around;
  const tell = (level: 'INFO' | 'WARN', text: string, fields?: object) =>
    emit({ type: 'notice', level, text, ...(fields === undefined ? {} : { fields }) });
  const [{ artifact: asked, build: spec }] = groups;
  const fields = { plan: plan.name, groups: groups.map(({ id }) => id), builder: spec.builder };
  if (asked !== undefined) {
    const artifact = await findArtifact(home, asked, spec.builder, plan.name);
    tell('INFO', 'using an earlier build', { ...fields, artifact: artifact.key });
    return artifact;
  }
  tell('INFO', 'performing build for groups', fields);
  const builder = await builderOf(spec.builder);
  throwIfEnded(signal);
  const warn = (text: string) => tell('WARN', text);
  const artifact = await builder.build({ plan, spec, home, env, signal, warn });
  tell('INFO', 'build succeeded', { ...fields, artifact: artifact.key });
  return artifact;
}

function throwIfEnded(cancel: AbortSignal): void {
  if (cancel.aborted) throw new TgError('environment', `ended before the run began: ${cancel.reason}`);
}
