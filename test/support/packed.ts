import { existsSync, readdirSync, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { tempDir } from './temp.ts';
import { root } from './tg.ts';

/** What npm says of a package that it has packed. */
export interface Packed {
  readonly tarball: string;
  /** In bytes, as `unpacked`. */
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

/** Packs the package as it is built. A build of its own would pull dist/ from under the other tests. */
export async function pack(): Promise<Packed> {
  const dir = await tempDir();
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', dir];
  const { stdout } = await execa('npm', args, { cwd: root });
  // An array, or, since npm 11, an object with the package's name.
  const [report] = Object.values(JSON.parse(stdout) as Record<string, PackReport>);
  if (report === undefined) throw new Error(`npm packs nothing: ${stdout}`);
  const { filename, size, unpackedSize, files } = report;
  return { tarball: join(dir, filename), size, unpacked: unpackedSize, paths: files.map(({ path }) => path) };
}

/**
 * Installs a package into a new prefix as a person does, who has nothing but Node and their own cache of npm.
 * @param flags more for `npm install`
 * @returns the prefix.
 */
export async function installGlobally(tarball: string, ...flags: readonly string[]): Promise<string> {
  const prefix = await tempDir();
  const args = ['install', '--global', '--prefix', prefix, '--prefer-offline', '--no-audit', '--no-fund'];
  await execa('npm', [...args, ...flags, tarball], { cwd: prefix, env: await bare(), extendEnv: false });
  return prefix;
}

/** No variable of npm, which runs these tests and passes its settings on; but where its settings are, which `--prefix` moves. */
async function bare(): Promise<Record<string, string>> {
  return { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...(await npmSettings()) };
}

/** Variables that give npm its person's settings and cache where HOME is another one: a proxy's certificate, for instance. */
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

/** How many bytes the files of a folder have; a file with several names counts once. */
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
