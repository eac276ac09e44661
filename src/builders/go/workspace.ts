import { existsSync } from 'node:fs';
import { copyFile, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import * as z from 'zod';
import type { BuildSpec } from '../../plan/run-spec.ts';
import { ancestorsOf } from '../ancestors.ts';
import { isPlainFile, textOrEmpty } from '../plain-file.ts';
import { localReplacements, readGoMod, replacingFlags } from './replace.ts';
import type { Go, GoSources } from './sources.ts';

const moduleSchema = z.object({ Path: z.string(), Version: z.string().optional() });
const workSchema = z.looseObject({
  Use: z.array(z.looseObject({ DiskPath: z.string() })).nullish(),
  Replace: z.array(z.looseObject({ Old: moduleSchema, New: moduleSchema })).nullish(),
});

/** The go.work of a plan, and the folders of its modules. */
export interface Workspace {
  readonly file: string;
  readonly uses: readonly string[];
}

/**
 * The workspace in which `go build` builds a folder: the one of GOWORK, else the nearest go.work at or above it.
 * @param dir the folder with the plan's go.mod, by its real path.
 * @returns undefined if there is none, or it does not use the plan's module, which Go refuses.
 */
export async function workspaceOf(
  env: NodeJS.ProcessEnv,
  dir: string,
  go: Go,
): Promise<Workspace | undefined> {
  const asked = env['GOWORK'];
  if (asked === 'off') return undefined;
  const file =
    asked ||
    [dir, ...ancestorsOf(dir)].map((folder) => join(folder, 'go.work')).find((place) => isPlainFile(place));
  if (file === undefined) return undefined;
  const { Use } = await readWork(file, go);
  const uses = await Promise.all((Use ?? []).map(({ DiskPath }) => realOf(resolve(dirname(file), DiskPath))));
  // A folder without a go.mod is built by naming packages below it.
  const isUsed = existsSync(join(dir, 'go.mod')) ? uses.includes(dir) : uses.some((use) => isBelow(use, dir));
  return isUsed || asked ? { file, uses } : undefined;
}

/** @throws TgError (build) with Go's own message if it cannot be read. */
async function readWork(file: string, go: Go): Promise<z.output<typeof workSchema>> {
  return workSchema.parse(JSON.parse(await go(['work', 'edit', '-json', file], dirname(file))));
}

function isBelow(path: string, folder: string): boolean {
  return relative(folder, path).split('/')[0] !== '..';
}

async function realOf(path: string): Promise<string> {
  return await realpath(path).catch(() => path);
}

interface WorkspaceRequest {
  readonly dir: string;
  readonly scratch: string;
  readonly spec: BuildSpec;
  readonly go: Go;
}

/** The modules of a workspace in place, with a copy of its go.work, since Go may write a go.work.sum next to it. */
export async function sourcesOfWorkspace(
  workspace: Workspace,
  request: WorkspaceRequest,
): Promise<GoSources> {
  const { dir, scratch, spec, go } = request;
  const edits = await replacingFlags(spec, scratch, go);
  const isVendored =
    isPlainFile(join(dirname(workspace.file), 'vendor', 'modules.txt')) && edits.length === 0;
  // A vendor folder belongs to the original go.work; Go writes nothing then.
  const file = isVendored ? workspace.file : await copyOf(workspace, edits, request);
  const mods = workspace.uses.map((use) => join(use, 'go.mod')).filter(isPlainFile);
  const local = await Promise.all(mods.map(async (mod) => (await readGoMod(mod, dirname(mod), go)).local));
  const ofWork = localReplacements((await readWork(file, go)).Replace ?? [], dirname(file));
  const files = [file, sumOf(file), ...mods, ...mods.map(sumOf)];
  return {
    dir,
    env: { GOWORK: file },
    flags: [],
    replaced: [...new Set([...local.flat(), ...ofWork].map(({ folder }) => folder))],
    originalOf: (path) => path,
    text: async () => (await Promise.all(files.map(textOrEmpty))).join('\n'),
  };
}

/** Copies a go.work with absolute paths. */
async function copyOf(
  { file, uses }: Workspace,
  edits: readonly string[],
  { scratch, go }: WorkspaceRequest,
): Promise<string> {
  const copy = join(scratch, 'go.work');
  await copyFile(file, copy);
  if (isPlainFile(sumOf(file))) await copyFile(sumOf(file), sumOf(copy));
  const { Use, Replace } = await readWork(copy, go);
  const local = localReplacements(Replace ?? [], dirname(file)).filter(({ path }) => !isAbsolute(path));
  const moves = [
    ...(Use ?? []).map(({ DiskPath }) => `-dropuse=${DiskPath}`),
    ...uses.map((use) => `-use=${use}`),
    ...local.map(({ module, folder }) => `-replace=${module}=${folder}`),
  ];
  await go(['work', 'edit', ...moves, ...edits, copy], scratch);
  return copy;
}

function sumOf(file: string): string {
  return file.endsWith('.mod') ? file.replace(/\.mod$/, '.sum') : `${file}.sum`;
}
