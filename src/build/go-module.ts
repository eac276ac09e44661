import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import * as z from 'zod';
import { TgError } from '../errors.ts';
import type { BuildSpec, Dependency } from '../plan/run-spec.ts';
import { insidePlan, isOn } from './config-values.ts';
import { isPlainFile, textOf } from './plain-file.ts';
import { copySources, listSources } from './sources.ts';

type Go = (args: readonly string[], cwd: string) => Promise<string>;

interface ModuleRequest {
  /** The folder with the plan's go.mod. */
  readonly dir: string;
  /** A folder that goes when the build has ended. */
  readonly scratch: string;
  readonly spec: BuildSpec;
  readonly go: Go;
}

const sdkModule = 'github.com/testground/sdk-go';
const modSchema = z.looseObject({
  Go: z.string().optional(),
  Replace: z
    .array(z.looseObject({ New: z.looseObject({ Path: z.string(), Version: z.string().optional() }) }))
    .nullish(),
});

/** The module of a Go plan, with its go.mod and go.sum as they are to be for this build: copies, which Go may change. */
export class GoModule {
  /** Where `go build` runs. */
  readonly dir: string;
  /** The go.mod for `-modfile`. */
  readonly file: string;
  /** What `go build` needs to be told. */
  readonly flags: readonly string[];
  /** The folders that stand for modules. */
  readonly replaced: readonly string[];

  /** Where the module lies; the build may have a copy. */
  readonly #planDir: string;

  private constructor(its: Omit<GoModule, 'originalOf' | 'text'> & { readonly planDir: string }) {
    this.dir = its.dir;
    this.file = its.file;
    this.flags = its.flags;
    this.replaced = its.replaced;
    this.#planDir = its.planDir;
  }

  static async prepare({ dir, scratch, spec, go }: ModuleRequest): Promise<GoModule> {
    const isFresh = isOn(spec.config, 'fresh_gomod', spec.builder);
    const file = join(scratch, 'go.mod');
    if (isFresh) await writeFile(file, await freshModule(spec, dir, go));
    else await copyModule(dir, spec.config['modfile'], scratch);
    const dependencies: Dependency[] = [];
    for (const dependency of spec.dependencies)
      dependencies.push(await withExactVersion(dependency, scratch, go));
    const edits = dependencies.map(
      ({ module, target = module, version }) =>
        `-replace=${module}=${target}${version === undefined ? '' : `@${version}`}`,
    );
    if (spec.linkSdk !== undefined) edits.push(`-replace=${sdkModule}=${spec.linkSdk}`);
    if (edits.length > 0) await go(['mod', 'edit', ...edits, file], dir);
    const { Go: version, Replace: replaced } = modSchema.parse(
      JSON.parse(await go(['mod', 'edit', '-json', file], dir)),
    );
    const vendored = existsSync(join(dir, 'vendor', 'modules.txt')) && isAtLeast114(version);
    const asVendored = vendored && !isFresh && edits.length === 0 && spec.config['modfile'] === undefined;
    return new GoModule({
      planDir: dir,
      dir: await withRoot(dir, scratch),
      file,
      flags: asVendored ? [] : ['-mod=mod'],
      replaced: (replaced ?? [])
        .filter(({ New }) => !New.Version)
        .map(({ New }) => (isAbsolute(New.Path) ? New.Path : resolve(dir, New.Path))),
    });
  }

  /** The file of the plan of which this one may be a copy. */
  originalOf(file: string): string {
    const below = relative(this.dir, file);
    return below.startsWith('..') ? file : join(this.#planDir, below);
  }

  /** The go.mod and go.sum that the build begins with. */
  async text(): Promise<string> {
    const sum = await textOf(sumOf(this.file));
    return `${await readFile(this.file, 'utf8')}\n${sum}`;
  }
}

/**
 * go.mod takes exact versions only: a branch, a commit or `latest` is looked up, as `go get` would. That also makes the
 * artifact's key that of the version, not of its name.
 */
async function withExactVersion(dependency: Dependency, scratch: string, go: Go): Promise<Dependency> {
  const { module, target = module, version } = dependency;
  if (version === undefined || /^v\d+\.\d+\.\d+/.test(version)) return dependency;
  const asking = join(scratch, 'asking');
  await mkdir(asking, { recursive: true });
  await writeFile(join(asking, 'go.mod'), 'module asking\n');
  const found = await go(['list', '-mod=mod', '-m', '-f', '{{.Version}}', `${target}@${version}`], asking);
  return { ...dependency, version: found.trim() };
}

async function freshModule({ config }: BuildSpec, dir: string, go: Go): Promise<string> {
  if (config['modfile'] !== undefined)
    throw new TgError('usage', 'fresh_gomod and modfile exclude each other', {
      hint: 'Leave one of them out.',
    });
  const path = config['module_path'] ?? /^module\s+(\S+)/m.exec(await textOf(join(dir, 'go.mod')))?.[1];
  if (path === undefined) {
    throw new TgError('usage', 'fresh_gomod needs a module_path', {
      hint: 'Give it in [builders."exec:go"] of the manifest, or with --build-cfg module_path=example.org/plan.',
    });
  }
  const version = (await go(['env', 'GOVERSION'], dir)).trim().replace(/^go/, '').split(/[ -]/)[0];
  return `module ${path}\n\ngo ${version}\n`;
}

async function copyModule(dir: string, configured: string | undefined, scratch: string): Promise<void> {
  if (configured === undefined && !existsSync(join(dir, 'go.mod'))) {
    throw new TgError('build', 'the plan has no go.mod', {
      where: dir,
      hint: 'Say where it is with --build-cfg path=FOLDER, or let one be made: --build-cfg fresh_gomod=true --build-cfg module_path=example.org/plan.',
    });
  }
  const from = insidePlan(dir, configured ?? 'go.mod', 'modfile');
  if (!isPlainFile(from)) throw new TgError('build', 'the go.mod is no file', { where: from });
  await copyFile(from, join(scratch, 'go.mod'));
  if (isPlainFile(sumOf(from))) await copyFile(sumOf(from), join(scratch, 'go.sum'));
}

function sumOf(modFile: string): string {
  return modFile.replace(/\.mod$/, '.sum');
}

/** Go finds a module's root by its go.mod, also where it is told to read another: without one, in a copy that has one. */
async function withRoot(dir: string, scratch: string): Promise<string> {
  if (existsSync(join(dir, 'go.mod'))) return dir;
  const copy = join(scratch, 'module');
  await mkdir(copy);
  await copySources(dir, copy, await listSources(dir));
  await writeFile(join(copy, 'go.mod'), 'module root\n');
  return copy;
}

/** From a go.mod of 1.14 on, Go takes modules from vendor/ by itself. */
function isAtLeast114(version = '1.0'): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 1 || minor >= 14;
}
