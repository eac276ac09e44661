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
import { treeOf } from './folder-layout.ts';
import { modulesInReach } from './modules.ts';
import { type PlanModules, planModules } from './npm/install.ts';
import { digestWhole, outsideOf } from './npm/local.ts';
import { type NodePackage, readPackage } from './package.ts';
import { besideOf, scriptsOf } from './scripts.ts';
import type { ChosenNode } from './version.ts';

/** The package names of the SDK. */
export const sdkNames = [`${packageName}/sdk`, '@testground/sdk'];

/** The analysis of a plan by exec:node. */
export interface NodeAnalysis extends Sources {
  /** The package folders of subprojects in the plan. */
  readonly nested: readonly string[];
  readonly manifest: NodePackage;
  readonly start: NodeEntry;
  readonly modules: PlanModules;
  readonly compiled: Compilation;
  /** The paths outside the plan that are linked next to its copy. */
  readonly beside: readonly string[];
  /** The place of the plan's copy in the artifact. */
  readonly place: string;
  readonly digest: Digest;
}

/**
 * Analyzes a plan. TypeScript is bundled on every analysis: the output reflects all inputs, including files outside
 * the plan and every tsconfig.json. JavaScript is parsed only if it names something outside the plan.
 */
export async function analyze(request: BuildRequest, node: ChosenNode): Promise<NodeAnalysis> {
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
    // The build steps may generate imported files; compile again after them.
    if (start.before.length > 0 && error instanceof TgError) return { bundle: undefined, beyond: [] };
    throw error;
  });
  const toolchain = [node.program ?? '', node.version, packageVersion(), packageRoot];
  const inReach = await modulesInReach(plan.dir, modules.dir);
  const otherInputs = [
    JSON.stringify(start),
    ...toolchain,
    plan.dir,
    place,
    ...beside,
    ...inReach,
    ...nested,
  ];
  const digest = joinDigests([
    await digestSources(plan.dir, files, otherInputs, signal),
    ...(modules.inCopy === undefined ? [] : [await digestWhole(modules.inCopy.local)]),
    digestOfTexts((compiled.bundle?.files ?? []).flatMap(({ file, code }) => [file, code])),
    ...(await Promise.all(compiled.beyond.map((name) => digestInput({ kind: 'file', name }, env)))),
  ]);
  return { ...sources, nested, manifest, start, modules, compiled, beside, place, digest };
}

/** The lines to run, for a shell. */
function linesOf(start: NodeEntry): string[] {
  if (start.kind === 'script') return [...start.before, start.line];
  return [...start.before, ['node', ...start.flags, start.entry, ...start.args].join(' ')];
}
