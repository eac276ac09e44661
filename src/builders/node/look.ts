import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { packageName, packageRoot, packageVersion } from '../../os/own-package.ts';
import { TgError } from '../../util/errors.ts';
import type { BuildRequest } from '../builder.ts';
import { textsNamedBy } from '../sources/named-texts.ts';
import { modules as modulesFolder } from '../sources/packages.ts';
import { type Digest, digestOfTexts, digestSources, joinDigests, type Sources } from '../sources/sources.ts';
import { sourcesFor } from '../sources/sources-for.ts';
import { planFolder } from '../store/artifact-record.ts';
import { digestInput } from '../store/inputs.ts';
import { besideFolder } from '../store/npm-packages.ts';
import { checkNodeRuns } from './check.ts';
import { type Compilation, compile } from './compile.ts';
import { findEntry, type NodeEntry } from './entry.ts';
import { modulesInReach } from './modules.ts';
import { type PlanModules, planModules } from './npm-install.ts';
import { digestWhole, outsideOf } from './npm-local.ts';
import { type NodePackage, readPackage } from './package.ts';
import { besideOf, scriptsOf } from './scripts.ts';
import { treeOf } from './tree.ts';
import type { ChosenNode } from './version.ts';

/** The names by which plans import an SDK. */
export const sdkNames = [`${packageName}/sdk`, '@testground/sdk'];

/** What exec:node sees of a plan. */
export interface NodeSight extends Sources {
  /** The folders of packages that are not the plan's own but of something in it. */
  readonly nested: readonly string[];
  readonly manifest: NodePackage;
  readonly start: NodeEntry;
  readonly modules: PlanModules;
  readonly compiled: Compilation;
  /** What lies beside the plan and is linked beside its copy. */
  readonly beside: readonly string[];
  /** Where the plan's copy lies in the artifact. */
  readonly place: string;
  readonly digest: Digest;
}

/**
 * Looks at a plan. TypeScript is bundled at every look: what comes out holds all that decided about it, files outside the plan and each
 * tsconfig.json too. JavaScript is looked through only where it names something beside the plan.
 */
export async function lookAt(request: BuildRequest, node: ChosenNode): Promise<NodeSight> {
  const { plan, spec, home, env, signal } = request;
  const manifest = await readPackage(plan.dir);
  const start = findEntry(plan.dir, spec.config['entry'], manifest);
  checkNodeRuns(plan.dir, start, node);
  const texts = await textsNamedBy({
    root: plan.dir,
    lines: linesOf(start),
    called: 'the line that starts it',
  });
  const sources = await sourcesFor(request, plan.dir, texts);
  const { files } = sources;
  const nested = sources.packages.filter((path) => path !== modulesFolder);
  const dir = await realpath(plan.dir);
  const scripts = await scriptsOf(dir, files);
  const modules = await planModules({ request, files, manifest, start, scripts });
  const beside = [
    ...new Set([
      ...besideOf(dir, scripts),
      ...(modules.inCopy === undefined ? [] : outsideOf(modules.inCopy.local)),
    ]),
  ].sort();
  const place = beside.length === 0 ? planFolder : join(besideFolder, treeOf(dir, beside).plan);
  const compiled = await compile({
    ...{ planDir: dir, start, files, scripts, sdkNames, version: node.version, modules: modules.dir },
    place: join(home.work, 'artifact', place),
  }).catch((error: unknown) => {
    // The steps before the start may make what it imports: it is compiled once more after them.
    if (start.before.length > 0 && error instanceof TgError) return { bundle: undefined, beyond: [] };
    throw error;
  });
  const toolchain = [node.program ?? '', node.version, packageVersion(), packageRoot];
  const inReach = await modulesInReach(plan.dir, modules.dir);
  const around = [JSON.stringify(start), ...toolchain, plan.dir, place, ...beside, ...inReach, ...nested];
  const digest = joinDigests([
    await digestSources(plan.dir, files, around, signal),
    ...(modules.inCopy === undefined ? [] : [await digestWhole(modules.inCopy.local)]),
    digestOfTexts((compiled.bundle?.files ?? []).flatMap(({ file, code }) => [file, code])),
    ...(await Promise.all(compiled.beyond.map((name) => digestInput({ kind: 'file', name }, env)))),
  ]);
  return { ...sources, nested, manifest, start, modules, compiled, beside, place, digest };
}

/** The lines that are carried out, as a shell would have them. */
function linesOf(start: NodeEntry): string[] {
  if (start.kind === 'script') return [...start.before, start.line];
  return [...start.before, ['node', ...start.flags, start.entry, ...start.args].join(' ')];
}
