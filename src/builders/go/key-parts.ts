import type { BuildRequest } from '../builder.ts';
import { type Digest, digestFolder, digestOfTexts } from '../sources/sources.ts';
import { digestInput } from '../store/inputs.ts';
import { filesInFlags } from './inputs-beyond-sources.ts';
import type { GoSources } from './sources.ts';

/** Variables read by C compilers. */
const cVariables = ['CPATH', 'C_INCLUDE_PATH', 'CPLUS_INCLUDE_PATH', 'LIBRARY_PATH', 'PKG_CONFIG_PATH'];

interface KeyParts {
  readonly sources: GoSources;
  /** The output of `go env`, by name. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether the plan or the user names the toolchain. */
  readonly isNamed: boolean;
}

/**
 * The digests of everything that the key of a Go build depends on, besides the files of the plan: configuration, the
 * environment of Go and of C compilers, folders that replace modules, and files that flags name.
 */
export async function keyDigests(
  { spec: { config, selectors, coverage }, home, env: caller }: BuildRequest,
  { sources, env, isNamed }: KeyParts,
): Promise<readonly Digest[]> {
  const ofC = cVariables.map((name) => caller[name]);
  const settings = digestOfTexts([
    JSON.stringify([config, selectors, coverage, env, ofC, isNamed]),
    await sources.text(),
  ]);
  const flags = `${env['GOFLAGS']} ${config['build_flags'] ?? ''}`;
  const named = await filesInFlags(flags, sources.dir);
  const beside = await Promise.all([
    ...sources.replaced.map((folder) => digestFolder(folder, home.root)),
    ...named.map((name) => digestInput({ kind: 'file', name }, caller)),
  ]);
  return [settings, ...beside];
}
