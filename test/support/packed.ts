import { existsSync, readdirSync, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { tempDir } from './temp.ts';
import { root } from './tg.ts';

/** The report of npm on a package that it has packed. */
export interface Packed {
  readonly tarball: string;
  /** In bytes, like `unpacked`. */
  readonly size: number;
  readonly unpacked: number;
  readonly paths: readonly string[];
}

interface PackReport {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** Packs the package as it is built. Another build would replace dist/ while other tests use it. */
export async function pack(): Promise<Packed> {
  const dir = await tempDir();
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', dir];
  const { stdout } = await execa('npm', args, { cwd: root });
  // An array, or, since npm 11, an object with the package's name as its key.
  const [report] = Object.values(JSON.parse(stdout) as Record<string, PackReport>);
  if (report === undefined) throw new Error(`npm packs nothing: ${stdout}`);
  const { filename, size, unpackedSize, files } = report;
  return { tarball: join(dir, filename), size, unpacked: unpackedSize, paths: files.map(({ path }) => path) };
}

/**
 * Installs a package into a new prefix, like a user who has only Node and an npm cache.
 * @param flags additional flags for `npm install`
 * @returns the prefix.
 */
export async function installGlobally(tarball: string, ...flags: readonly string[]): Promise<string> {
  const prefix = await tempDir();
  const args = ['install', '--global', '--prefix', prefix, '--prefer-offline', '--no-audit', '--no-fund'];
  await execa('npm', [...args, ...flags, tarball], { cwd: prefix, env: await bare(), extendEnv: false });
  return prefix;
}

/**
 * Without the variables that npm passes on to these tests, except for the locations of its settings, which `--prefix`
 * changes.
 */
async function bare(): Promise<Record<string, string>> {
  return { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...(await npmSettings()) };
}

/**
 * Variables that give npm the user's settings and cache under another HOME: for instance the certificate of a proxy.
 */
export async function npmSettings(): Promise<Record<string, string>> {
  const names = ['cache', 'userconfig', 'globalconfig'];
  const settings = await Promise.all(
    names.map(async (name) => {
      const { stdout } = await execa('npm', ['config', 'get', name]);
      return [`npm_config_${name}`, stdout] as const;
    }),
  );
  return { ...Object.fromEntries(settings), npm_config_prefer_offline: 'true' };
}

/** The size of all files in a folder, in bytes; a file with several names counts once. */
export async function sizeOf(dir: string): Promise<number> {
  const sizes = new Map<number, number>();
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const { ino, size } = await stat(join(entry.parentPath, entry.name));
    sizes.set(ino, size);
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** The packages in a node_modules. */
export function packagesIn(modules: string): string[] {
  if (!existsSync(modules)) return [];
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.') && statSync(join(modules, name)).isDirectory())
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((below) => `${name}/${below}`) : [name],
    );
}
