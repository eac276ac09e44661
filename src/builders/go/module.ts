import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import type { BuildSpec } from '../../plan/run-spec.ts';
import { TgError } from '../../util/errors.ts';
import { insidePlan, isOn } from '../config-values.ts';
import { isPlainFile, textOrEmpty } from '../plain-file.ts';
import { isInside } from '../sources/inside.ts';
import { copySources, listSources } from '../sources/sources.ts';
import { readGoMod, replacingFlags } from './replace.ts';
import type { Go, GoSources } from './sources.ts';
import type { GoVersion } from './version.ts';

interface ModuleRequest {
  /** The folder with the plan's go.mod. */
  readonly dir: string;
  /** A folder that is removed after the build. */
  readonly scratch: string;
  readonly spec: BuildSpec;
  readonly go: Go;
  readonly version: GoVersion;
}

/** The module of a Go plan with the go.mod and go.sum for this build: copies, which Go may change. */
export async function sourcesOfModule({
  dir,
  scratch,
  spec,
  go,
  version,
}: ModuleRequest): Promise<GoSources> {
  const isFresh = isOn(spec.config, 'fresh_gomod', spec.builder);
  const file = join(scratch, 'go.mod');
  if (isFresh) await writeFile(file, await freshModule(spec, dir, version));
  else await copyModule(dir, spec.config['modfile'], scratch);
  const edits = await replacingFlags(spec, scratch, go);
  if (edits.length > 0) await go(['mod', 'edit', ...edits, file], dir);
  const { version: written, local } = await readGoMod(file, dir, go);
  const root = await withRoot(dir, scratch);
  const relatives = local.filter(({ path }) => root !== dir && !isAbsolute(path));
  // Relative paths do not resolve from the copy.
  const moved = relatives.map(({ module, folder }) => `-replace=${module}=${folder}`);
  if (moved.length > 0) await go(['mod', 'edit', ...moved, file], dir);
  const vendored = existsSync(join(dir, 'vendor', 'modules.txt')) && isAtLeast114(written);
  const asVendored = vendored && !isFresh && edits.length === 0 && spec.config['modfile'] === undefined;
  return {
    dir: root,
    env: {},
    flags: [`-modfile=${file}`, ...(asVendored ? [] : ['-mod=mod'])],
    replaced: local.map(({ folder }) => folder),
    originalOf(path) {
      return isInside(root, path) ? join(dir, relative(root, path)) : path;
    },
    text: async () => `${await readFile(file, 'utf8')}\n${await textOrEmpty(sumOf(file))}`,
  };
}

/** The plan's go.mod at the start of the build; empty if a new one is made. */
export async function goModOf(dir: string, { config, builder }: BuildSpec): Promise<string> {
  return isOn(config, 'fresh_gomod', builder)
    ? ''
    : await textOrEmpty(join(dir, config['modfile'] ?? 'go.mod'));
}

async function freshModule({ config }: BuildSpec, dir: string, { minor }: GoVersion): Promise<string> {
  if (config['modfile'] !== undefined)
    throw new TgError('usage', 'fresh_gomod and modfile exclude each other', {
      hint: 'Leave one of them out.',
    });
  const path = config['module_path'] ?? /^module\s+(\S+)/m.exec(await textOrEmpty(join(dir, 'go.mod')))?.[1];
  if (path === undefined) {
    throw new TgError('usage', 'fresh_gomod needs a module_path', {
      hint: 'Give it in [builders."exec:go"] of the manifest, or with --build-cfg module_path=example.org/plan.',
    });
  }
  return `module ${path}\n\ngo 1.${minor}\n`;
}

async function copyModule(dir: string, configured: string | undefined, scratch: string): Promise<void> {
  if (configured === undefined && !existsSync(join(dir, 'go.mod'))) {
    throw new TgError('build', 'the plan has no go.mod', { where: dir, hint: await adviceWithoutMod(dir) });
  }
  const from = insidePlan(dir, configured ?? 'go.mod', 'modfile');
  if (!isPlainFile(from))
    throw new TgError('build', 'the go.mod is not a file', {
      where: from,
      hint: 'Name another one with --build-cfg modfile=FILE, or make it a regular file.',
    });
  await copyFile(from, join(scratch, 'go.mod'));
  if (isPlainFile(sumOf(from))) await copyFile(sumOf(from), join(scratch, 'go.sum'));
}

/**
 * Suggests go.mod files with other names, which plans have that are built against several versions of a dependency.
 */
async function adviceWithoutMod(dir: string): Promise<string> {
  const entries = await readdir(dir, { withFileTypes: true });
  const others = entries.filter((entry) => !entry.isDirectory() && entry.name.endsWith('.mod'));
  if (others.length > 0) {
    const names = others.map(({ name }) => name).sort();
    return `It has ${names.join(', ')}. Choose one: --build-cfg modfile=${names.at(-1)}, or modfile in the manifest.`;
  }
  const below = entries.filter((entry) => entry.isDirectory() && existsSync(join(dir, entry.name, 'go.mod')));
  const place = below.length === 1 ? below[0]?.name : 'FOLDER';
  return `Give its folder with --build-cfg path=${place}, or generate one: --build-cfg fresh_gomod=true --build-cfg module_path=example.org/plan.`;
}

function sumOf(modFile: string): string {
  return modFile.replace(/\.mod$/, '.sum');
}

/**
 * Go locates a module's root by its go.mod even if it reads another one. A plan without one is built in a copy that
 * has one.
 */
async function withRoot(dir: string, scratch: string): Promise<string> {
  if (existsSync(join(dir, 'go.mod'))) return dir;
  const copy = join(scratch, 'module');
  await mkdir(copy);
  await copySources(dir, copy, await listSources(dir));
  await writeFile(join(copy, 'go.mod'), 'module root\n');
  return copy;
}

/** From go 1.14 in go.mod on, Go uses vendor/ by default. */
function isAtLeast114(version = '1.0'): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 1 || minor >= 14;
}
