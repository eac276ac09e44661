import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildRequest } from '../builder.ts';
import { insidePlan, isOn } from '../config-values.ts';
import { textOrEmpty } from '../plain-file.ts';
import { isInside } from '../sources/inside.ts';
import { type Digest, digestSources, joinDigests, readSources, type Sources } from '../sources/sources.ts';
import { keyDigests } from './key-parts.ts';
import { goModOf, sourcesOfModule } from './module.ts';
import { latestOf, neededByMod, type RequestedGo, requestedByConfig } from './requested-version.ts';
import { type GoPlaces, goFor } from './run-go.ts';
import type { Go, GoSources } from './sources.ts';
import {
  environmentSchema,
  type LocalGo,
  localGo,
  noteOfLack,
  noteOfSwitch,
  type Toolchain,
  toolchainFor,
  whatDecides,
} from './toolchain.ts';
import { compareGo } from './version.ts';
import { sourcesOfWorkspace, type Workspace, workspaceOf } from './workspace.ts';

/** The analysis of a plan by exec:go. */
export interface GoAnalysis extends Sources {
  readonly digest: Digest;
  readonly sources: GoSources;
  readonly toolchain: Toolchain;
  readonly places: GoPlaces;
  readonly local: LocalGo;
  /** Whether the plan or the user names the toolchain. */
  readonly isNamed: boolean;
  /** The output of `go env`, by name. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Analyzes a plan: its sources, the Go to build it, and everything else that affects the program.
 * @param scratch an empty folder that is removed after the build, by its real path.
 * @param note called if Go is not the one on PATH, or not the requested version.
 */
export async function analyzeGo(
  request: BuildRequest,
  scratch: string,
  note: (text: string) => void,
): Promise<GoAnalysis> {
  const { plan, spec, home, signal } = request;
  const dir = insidePlan(plan.dir, spec.config['path'] ?? '.', 'path');
  const places = { dir, scratch, modfile: spec.config['modfile'] ?? 'go.mod' };
  const found = await readSources(plan.dir, { except: home.root, signal });
  const digest = await digestSources(plan.dir, found.files, [plan.dir, ...found.packages], signal);
  const local = await localGo(request, scratch);
  const workspace = await workspaceFor(request, dir, goFor(request, local, places), note);
  const chosen = await chooseGo(request, {
    local,
    scratch,
    texts: await textsOf(request, dir, workspace),
    note,
  });
  const { toolchain } = chosen;
  const go = goFor(request, toolchain, places);
  const sources =
    workspace === undefined
      ? await sourcesOfModule({ ...places, spec, go, version: toolchain.version })
      : await sourcesOfWorkspace(workspace, { ...places, dir: await realpath(dir), spec, go });
  const env = await environmentOf(toolchain, local, sources, go);
  return {
    ...found,
    digest: joinDigests([digest, ...(await keyDigests(request, { sources, env, isNamed: chosen.isNamed }))]),
    sources,
    places,
    local,
    env,
    ...chosen,
  };
}

/**
 * The output of `go env`, which is known already for the Go on PATH unless a go.mod may make it switch to another
 * one.
 */
async function environmentOf(
  toolchain: Toolchain,
  local: LocalGo,
  { dir, env }: GoSources,
  go: Go,
): Promise<Readonly<Record<string, string>>> {
  // GOTOOLCHAIN=go1.22.1+auto and =path let a go.mod choose.
  if (toolchain === local && !/\+|^path$/.test(local.pinned ?? '')) return local.said;
  return environmentSchema.parse(JSON.parse(await go(['env', '-json', ...whatDecides], dir, env)));
}

/** The workspace of a plan, unless its configuration names the go.mod: Go accepts only one of the two. */
async function workspaceFor(
  { env, spec, plan }: BuildRequest,
  dir: string,
  go: ReturnType<typeof goFor>,
  note: (text: string) => void,
): Promise<Workspace | undefined> {
  if (spec.config['modfile'] !== undefined || isOn(spec.config, 'fresh_gomod', spec.builder))
    return undefined;
  const workspace = await workspaceOf(env, await realpath(dir), go);
  const own = await realpath(plan.dir);
  if (workspace !== undefined && !isInside(own, workspace.file))
    note(
      `${workspace.file} is outside the plan and applies to it, as to go build there; GOWORK=off ignores it`,
    );
  return workspace;
}

/** The files that declare the Go version of a plan. */
async function textsOf(
  { spec }: BuildRequest,
  dir: string,
  workspace: Workspace | undefined,
): Promise<string[]> {
  if (workspace === undefined) return [await goModOf(dir, spec)];
  const mods = workspace.uses.map((use) => join(use, 'go.mod')).filter((file) => existsSync(file));
  return await Promise.all([workspace.file, ...mods].map(textOrEmpty));
}

interface GoChoice {
  readonly local: LocalGo;
  readonly scratch: string;
  readonly texts: readonly string[];
  readonly note: (text: string) => void;
}

async function chooseGo(
  request: BuildRequest,
  { local, scratch, texts, note }: GoChoice,
): Promise<Pick<GoAnalysis, 'toolchain' | 'isNamed'>> {
  const asked = request.spec.config['go_version'];
  const named = requestedByConfig(request.spec.config, texts);
  if (asked !== undefined && named === undefined) note(`go_version "${asked}" is not a version of Go`);
  const meant = named ?? neededBeyond(local, texts);
  if (meant === undefined) return { toolchain: local, isNamed: local.pinned !== undefined };
  const found = await toolchainFor(request, local, meant.version, scratch);
  if ('why' in found) {
    note(noteOfLack(local, meant, found.why));
    return { toolchain: local, isNamed: true };
  }
  if (found.toolchain !== local) note(noteOfSwitch(found.toolchain, meant));
  // A toolchain line in go.mod would make Go switch to another version than the named one.
  const isLocal = found.toolchain === local && named !== undefined && local.pinned === undefined;
  const toolchain =
    isLocal && local.fetches ? { ...local, env: { ...local.env, GOTOOLCHAIN: 'local' } } : found.toolchain;
  return { toolchain, isNamed: named !== undefined };
}

/**
 * The version required by the go.mod if the Go on PATH is older. If the user pins a version, Go reports the
 * mismatch itself.
 */
function neededBeyond(local: LocalGo, texts: readonly string[]): RequestedGo | undefined {
  const needed = latestOf(texts.map(neededByMod));
  const isEnough = needed === undefined || compareGo(local.version, needed.version) >= 0;
  return isEnough || local.pinned !== undefined ? undefined : needed;
}
