import { existsSync } from 'node:fs';
import { mkdir, realpath, rmdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { TgError } from '../../util/errors.ts';
import type { BuildRequest } from '../builder.ts';
import { lendPackages, linkPackagesForGood, modules as modulesFolder } from '../sources/packages.ts';
import { importsSdk } from '../sources/sdk-in-sources.ts';
import { copySources } from '../sources/sources.ts';
import { type ArtifactRecord, planFolder } from '../store/artifact-record.ts';
import { failureLog } from '../store/artifacts.ts';
import { besideFolder } from '../store/npm-packages.ts';
import { programOf } from '../tool/shell-program.ts';
import { runTool } from '../tool/tool.ts';
import { type NodeAnalysis, sdkNames } from './analyze.ts';
import type { Bundle } from './bundle/bundle.ts';
import type { ImportSite } from './bundle/imports.ts';
import { importsIn } from './bundle/imports-of-javascript.ts';
import { checkInstalled } from './check.ts';
import { type Compilation, compile } from './compile.ts';
import type { FileEntry, ScriptEntry } from './entry.ts';
import { layOut, treeOf } from './folder-layout.ts';
import { linkModules, linkModulesApart } from './modules.ts';
import { copyFolders } from './npm/local.ts';
import { findProgram } from './npm/program.ts';
import { isTypeScript, scriptsOf } from './scripts.ts';
import { shellLine } from './start.ts';
import type { ChosenNode } from './version.ts';

/** The data for making an artifact. */
interface Making {
  readonly request: BuildRequest;
  readonly node: ChosenNode;
  readonly analysis: NodeAnalysis;
  /** The artifact's folder. */
  readonly dir: string;
}

const traits = { dialsByName: false, reopensStreams: false, stacksOnQuit: false };

/** Fills an artifact's folder with a plan and its packages. @see Making.make of find-or-build.ts */
export async function makeNodeArtifact(
  making: Making,
  confirmInputs: () => Promise<unknown>,
): Promise<ArtifactRecord> {
  const { request, analysis, dir } = making;
  const { plan, signal } = request;
  const { start, files, modules } = analysis;
  const copy = await placePlan(making);
  await copySources(plan.dir, copy, files, signal);
  await confirmInputs();
  await modules.inCopy?.install(copy);
  const isRun = start.kind === 'script' || start.before.length > 0;
  const link = isRun && modules.inCopy === undefined ? linkModulesApart : linkModules;
  await link(plan.dir, modules.dir, dir);
  const lent = start.before.length === 0 ? [] : await lendPackages(plan.dir, copy, analysis.nested);
  for (const line of start.before) await runStep(request, line, copy);
  await linkPackagesForGood(plan.dir, copy, analysis.nested, lent);
  return start.kind === 'script'
    ? await recordOfScript(making, start, copy)
    : await recordOfFile(making, start, copy);
}

/** The folder of the copy. If the plan needs paths outside of it, a tree with the same layout, reached by a link. */
async function placePlan({ request, analysis, dir }: Making): Promise<string> {
  const copy = join(dir, analysis.place);
  if (analysis.place === planFolder) return copy;
  await mkdir(copy, { recursive: true });
  const tree = treeOf(await realpath(request.plan.dir), analysis.beside);
  // First, since a package manager may write into these.
  await copyFolders(
    join(dir, besideFolder),
    tree,
    analysis.modules.inCopy?.local.folders ?? [],
    request.signal,
  );
  await layOut(join(dir, besideFolder), tree, analysis.beside);
  await rmdir(join(dir, planFolder));
  await symlink(analysis.place, join(dir, planFolder));
  return copy;
}

async function recordOfFile(
  { request, node, analysis, dir }: Making,
  start: FileEntry,
  copy: string,
): Promise<ArtifactRecord> {
  const { plan } = request;
  const { files, place } = analysis;
  if (!existsSync(join(copy, start.entry))) throw notMade(plan.dir, start);
  const bundle = await writeBundle({ request, node, analysis, dir }, copy);
  const imports = bundle?.imports ?? (await importsIn(copy, plan.dir, start.entry));
  checkPackages({ request, node, analysis, dir }, copy, imports);
  const program = join(place, bundle?.program ?? start.entry);
  const maps = bundle === undefined ? [] : ['--enable-source-maps'];
  return {
    command: [nodeWord(node), ...start.flags, ...maps, { artifact: program }, ...start.args],
    // Targets of import() are not among the imports.
    sdk:
      imports.some(({ path }) => sdkNames.includes(path)) || (await importsSdk(copy, files, [start.entry])),
    traits,
    parts: [program, ...partsOf(analysis)],
  };
}

async function recordOfScript(
  { request, node, analysis, dir }: Making,
  start: ScriptEntry,
  copy: string,
): Promise<ArtifactRecord> {
  const { plan, env } = request;
  const { files, manifest, place } = analysis;
  const { line, bundled } = start;
  const program = programOf(line);
  if (program !== undefined && findProgram(program, env, [join(copy, modulesFolder, '.bin')]) === undefined)
    throw new TgError('build', `the start script runs ${program}, which is not installed`, {
      where: join(plan.dir, 'package.json'),
      hint: `Add it to the plan's packages (npm install --save-dev ${program}), or name the plan's first file: --build-cfg entry=FILE.`,
    });
  const bundle = await writeBundle({ request, node, analysis, dir }, copy);
  if (bundle !== undefined) checkPackages({ request, node, analysis, dir }, copy, bundle.imports);
  const compiled = new Map(
    bundle === undefined || bundled === undefined ? [] : [[bundled, bundle.program] as const],
  );
  return {
    command: [
      '/bin/sh',
      '-c',
      shellLine(line, manifest, copy, compiled),
      { artifact: place },
      nodeWord(node),
    ],
    sdk: await importsSdk(copy, files, [line, ...compiled.keys()]),
    traits: { ...traits, reopensStreams: line.includes('/dev/std') },
    parts: [place, ...partsOf(analysis)],
  };
}

function nodeWord({ program }: ChosenNode): ArtifactRecord['command'][0] {
  return program ?? { tool: 'node' };
}

function partsOf({ modules }: NodeAnalysis): string[] {
  return modules.dir === undefined ? [] : [join(planFolder, modulesFolder)];
}

/** Writes the compiler's output into the copy. */
async function writeBundle(making: Making, copy: string): Promise<Bundle | undefined> {
  const { bundle } = await compiledIn(making, copy);
  for (const { file, code } of bundle?.files ?? []) await writeFile(join(copy, file), code);
  return bundle;
}

function checkPackages(
  { request, analysis: { modules, manifest } }: Making,
  copy: string,
  imports: readonly ImportSite[],
): void {
  const own = [modules.dir, join(copy, modulesFolder)].filter((folder) => folder !== undefined);
  checkInstalled({ planDir: request.plan.dir, own, manifest }, imports);
}

/** Compiles in the copy if packages or generated files exist only there. */
async function compiledIn({ node, analysis }: Making, copy: string): Promise<Compilation> {
  const { start, files } = analysis;
  const first = start.kind === 'file' ? start.entry : start.bundled;
  const isMade = start.before.length > 0 && first !== undefined && isTypeScript(first);
  if (analysis.modules.inCopy === undefined && !isMade) return analysis.compiled;
  const planDir = await realpath(copy);
  return await compile({
    ...{ planDir, start, files, sdkNames, place: planDir, version: node.version },
    scripts: await scriptsOf(planDir, files),
    modules: join(planDir, modulesFolder),
  });
}

async function runStep(request: BuildRequest, line: string, cwd: string): Promise<void> {
  const { plan, env, signal, progress } = request;
  progress(line);
  const PATH = [join(cwd, modulesFolder, '.bin'), env['PATH'] ?? ''].join(delimiter);
  await runTool({
    program: '/bin/sh',
    args: ['-c', line],
    cwd,
    env: { ...env, PATH },
    signal,
    builder: 'exec:node',
    failure: `the plan does not build with exec:node: ${line}`,
    where: plan.dir,
    log: failureLog(request),
    onLine: (said) => {
      if (said.trim() !== '') progress(said.trim());
    },
  });
}

function notMade(planDir: string, { entry, before }: FileEntry): TgError {
  const after = before.length === 0 ? '' : `, and "${before.join('" and "')}" did not create it`;
  return new TgError('build', `the start script runs ${entry}, which does not exist${after}`, {
    where: join(planDir, 'package.json'),
    hint: 'Correct the script, or name the file with entry: --build-cfg entry=FILE.',
  });
}
