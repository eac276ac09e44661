import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { inputSchema } from '../store/input-index.ts';
import { areUnchanged, digestInput, type KnownInput } from '../store/inputs.ts';
import { unitsIn } from './layout.ts';

const stateFile = 'tg-built.json';

const stateSchema = z.object({
  /** Packages by folder, with a digest of the folder when they were compiled. */
  packages: z.record(z.string(), z.object({ name: z.string(), content: z.string() })),
  /** Files and folders read outside of the packages. */
  read: z.array(inputSchema),
  /** The programs built from them. */
  programs: z.array(z.string()),
});

/**
 * What Cargo has compiled in a folder, and from which inputs. Cargo compares modification times, so it misses a
 * removed file, and a file restored with an older time.
 */
export type Compiled = Readonly<z.output<typeof stateSchema>>;

/** Digests of folders, by path. */
export type Contents = Compiled['packages'];

const nothing: Compiled = { packages: {}, read: [], programs: [] };

/**
 * Makes Cargo recompile packages that it would wrongly consider fresh.
 * @param targetDir Cargo's target folder.
 * @returns the compiled packages that are still valid.
 */
export async function forgetStale(targetDir: string, program: string): Promise<Compiled> {
  const state = await stateIn(targetDir);
  const isRead = state.programs.includes(program) && (await areUnchanged(state.read, {}));
  const stale = new Set<string>();
  const fresh: Record<string, Contents[string]> = {};
  for (const [folder, package_] of Object.entries(state.packages)) {
    const isSame = isRead && (await contentOf(folder)) === package_.content;
    // If this process is killed during the build, the next one must not trust these entries.
    fresh[folder] = { ...package_, content: '' };
    if (!isSame) stale.add(package_.name);
  }
  await write(targetDir, { ...nothing, packages: fresh });
  await forget(targetDir, stale);
  return stale.size === 0 ? state : { ...state, read: [], programs: [] };
}

/** The inputs outside of packages read by the last build in a folder. */
export async function lastRead(targetDir: string): Promise<readonly KnownInput[]> {
  return (await stateIn(targetDir)).read;
}

/** Digests of the folders of packages. */
export async function contentsOf(
  packages: readonly { readonly name: string; readonly folder: string }[],
): Promise<Contents> {
  const contents: Contents = {};
  for (const { name, folder } of packages) contents[folder] = { name, content: await contentOf(folder) };
  return contents;
}

/** Records what was compiled. @param contents digests of the packages that stayed the same throughout the build. */
export async function remember(
  targetDir: string,
  held: Compiled,
  { program, contents, read }: { program: string; contents: Contents; read: readonly KnownInput[] },
): Promise<void> {
  // Cargo tracks the values of variables itself.
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
    // Missing or truncated: the compiled inputs are unknown.
    return nothing;
  }
}

async function write(targetDir: string, state: Compiled): Promise<void> {
  await writeFile(join(targetDir, stateFile), JSON.stringify(state));
}

async function contentOf(folder: string): Promise<string> {
  return (await digestInput({ kind: 'folder', name: folder }, {})).content;
}

/** Removes the fingerprints of packages, but not the files next to them, which other versions of Cargo may need. */
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
