import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { inputSchema } from '../store/input-index.ts';
import { areUnchanged, digestInput, type KnownInput } from '../store/inputs.ts';
import { unitsIn } from './layout.ts';

const stateFile = 'tg-built.json';

const stateSchema = z.object({
  /** By their folders: packages, and what their folders held when they were compiled. */
  packages: z.record(z.string(), z.object({ name: z.string(), content: z.string() })),
  /** Files and folders outside those that were read. */
  read: z.array(inputSchema),
  /** The programs that were built from all that. */
  programs: z.array(z.string()),
});

/**
 * What Cargo has compiled in a folder, and from what. Cargo goes by modification times: a file that another program restored
 * with an older time does not count as changed, nor does one that was removed.
 */
export type Compiled = Readonly<z.output<typeof stateSchema>>;

/** What folders hold, by their paths. */
export type Contents = Compiled['packages'];

const nothing: Compiled = { packages: {}, read: [], programs: [] };

/**
 * Makes Cargo recompile what it may take for fresh and is not.
 * @param targetDir where Cargo keeps what it compiled.
 * @returns what it has compiled that still holds.
 */
export async function forgetStale(targetDir: string, program: string): Promise<Compiled> {
  const state = await stateIn(targetDir);
  const isRead = state.programs.includes(program) && (await areUnchanged(state.read, {}));
  const stale = new Set<string>();
  const fresh: Record<string, Contents[string]> = {};
  for (const [folder, package_] of Object.entries(state.packages)) {
    const isSame = isRead && (await contentOf(folder)) === package_.content;
    // Should this tg be ended before the build is, nothing holds for the next one.
    fresh[folder] = { ...package_, content: '' };
    if (!isSame) stale.add(package_.name);
  }
  await write(targetDir, { ...nothing, packages: fresh });
  await forget(targetDir, stale);
  return stale.size === 0 ? state : { ...state, read: [], programs: [] };
}

/** What the last build in a folder has read outside its packages. */
export async function lastRead(targetDir: string): Promise<readonly KnownInput[]> {
  return (await stateIn(targetDir)).read;
}

/** What the folders of packages hold. */
export async function contentsOf(
  packages: readonly { readonly name: string; readonly folder: string }[],
): Promise<Contents> {
  const contents: Contents = {};
  for (const { name, folder } of packages) contents[folder] = { name, content: await contentOf(folder) };
  return contents;
}

/** Remembers what was compiled. @param contents what the packages held all the time. */
export async function remember(
  targetDir: string,
  held: Compiled,
  { program, contents, read }: { program: string; contents: Contents; read: readonly KnownInput[] },
): Promise<void> {
  // Cargo itself compares what variables hold.
  const ofFiles = read.filter(({ kind }) => kind === 'file' || kind === 'folder');
  const all = new Map([...held.read, ...ofFiles].map((input) => [`${input.kind} ${input.name}`, input]));
  await write(targetDir, {
    packages: { ...held.packages, ...contents },
    read: [...all.values()],
    programs: [...new Set([...held.programs, program])],
  });
}

async function stateIn(targetDir: string): Promise<Compiled> {
  try {
    return stateSchema.parse(JSON.parse(await readFile(join(targetDir, stateFile), 'utf8')));
  } catch {
    // Missing or truncated: what Cargo compiled from is unknown.
    return nothing;
  }
}

async function write(targetDir: string, state: Compiled): Promise<void> {
  await writeFile(join(targetDir, stateFile), JSON.stringify(state));
}

async function contentOf(folder: string): Promise<string> {
  return (await digestInput({ kind: 'folder', name: folder }, {})).content;
}

/** Removes the fingerprints of packages: what lies beside them, other Cargos may need. */
async function forget(targetDir: string, names: ReadonlySet<string>): Promise<void> {
  if (names.size === 0) return;
  for (const { package_, fingerprint } of await unitsIn(targetDir)) {
    if (!names.has(package_)) continue;
    for (const file of await readdir(fingerprint)) {
      if (!/^dep-|\.json$|^invoked\.timestamp$/.test(file))
        await rm(join(fingerprint, file), { force: true });
    }
  }
}
