import { mkdir, writeFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import * as z from 'zod';
import type { BuildSpec, Dependency } from '../../plan/run-spec.ts';
import type { Go } from './sources.ts';

const sdkModule = 'github.com/testground/sdk-go';

/** The flags of `go mod edit` and `go work edit` for the dependencies of a build and its SDK. */
export async function replacingFlags(
  { dependencies, linkSdk }: BuildSpec,
  scratch: string,
  go: Go,
): Promise<string[]> {
  const flags: string[] = [];
  for (const dependency of dependencies) {
    const { module, target = module, version } = await withExactVersion(dependency, scratch, go);
    flags.push(`-replace=${module}=${target}${version === undefined ? '' : `@${version}`}`);
  }
  return linkSdk === undefined ? flags : [...flags, `-replace=${sdkModule}=${linkSdk}`];
}

/**
 * go.mod accepts exact versions only: a branch, a commit or `latest` is resolved, as `go get` does. The artifact's
 * key thus contains the version, not its name.
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

const moduleSchema = z.object({ Path: z.string(), Version: z.string().optional() });
const modSchema = z.looseObject({
  Go: z.string().optional(),
  Replace: z.array(z.looseObject({ Old: moduleSchema, New: moduleSchema })).nullish(),
});

/** A folder that replaces a module in a go.mod or go.work. */
export interface LocalReplacement {
  /** With its version if only that version is replaced. */
  readonly module: string;
  /** As written. */
  readonly path: string;
  readonly folder: string;
}

/** The Go version and the replacements by folders of a go.mod. @param base the folder that they are relative to. */
export async function readGoMod(
  file: string,
  base: string,
  go: Go,
): Promise<{ readonly version: string | undefined; readonly local: readonly LocalReplacement[] }> {
  const { Go: version, Replace } = modSchema.parse(
    JSON.parse(await go(['mod', 'edit', '-json', file], base)),
  );
  return { version, local: localReplacements(Replace ?? [], base) };
}

/** The replacements that are folders. */
export function localReplacements(
  replacements: readonly {
    readonly Old: z.output<typeof moduleSchema>;
    readonly New: z.output<typeof moduleSchema>;
  }[],
  base: string,
): LocalReplacement[] {
  return replacements
    .filter(({ New }) => !New.Version)
    .map(({ Old, New: { Path: path } }) => ({
      module: Old.Version === undefined ? Old.Path : `${Old.Path}@${Old.Version}`,
      path,
      folder: isAbsolute(path) ? path : resolve(base, path),
    }));
}
