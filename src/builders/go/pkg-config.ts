import { join } from 'node:path';
import { shellWords } from '../../util/shell-words.ts';
import type { Input } from '../store/inputs.ts';

/** The answer of pkg-config for the libraries of a package's `#cgo pkg-config`. */
export interface PkgConfig {
  readonly cFlags: readonly string[];
  readonly linkFlags: readonly string[];
  /** The .pc files it read. */
  readonly files: readonly string[];
  /** Its other inputs: paths searched earlier, and variables. */
  readonly others: readonly Input[];
}

/** Runs pkg-config. @returns its stdout. */
export type RunPkgConfig = (args: readonly string[]) => Promise<string>;

/** Variables read by pkg-config. */
const variables = ['PKG_CONFIG_PATH', 'PKG_CONFIG_LIBDIR', 'PKG_CONFIG_SYSROOT_DIR'];

const nothing: PkgConfig = { cFlags: [], linkFlags: [], files: [], others: [] };

/**
 * The flags that pkg-config gives for libraries, and those they require in turn. Go asks pkg-config too, but
 * considers a package unchanged when the answer changes.
 * @param asked libraries, and flags of pkg-config, as given by the package.
 */
export async function pkgConfigOf(
  asked: readonly string[],
  run: RunPkgConfig,
  env: NodeJS.ProcessEnv,
): Promise<PkgConfig> {
  if (asked.length === 0) return nothing;
  // An error also makes the build fail, with Go's message.
  const wordsOf = async (args: readonly string[]) =>
    shellWords((await run(args).catch(() => '')).trim()) ?? [];
  const flags = asked.filter((word) => word.startsWith('-'));
  const names = asked.filter((word) => /^[\w.+-]+$/.test(word) && !word.startsWith('-'));
  const known = new Set(names);
  // Iteration over a set includes elements added meanwhile.
  for (const name of known) {
    for (const kind of ['--print-requires', '--print-requires-private']) {
      const lines = (await run([kind, '--', name]).catch(() => '')).split('\n');
      for (const line of lines) if (/^[\w.+-]+/.test(line)) known.add(line.split(/\s/)[0] ?? '');
    }
  }
  const folders = ['PKG_CONFIG_PATH', 'PKG_CONFIG_LIBDIR'].flatMap((name) => (env[name] ?? '').split(':'));
  const first = folders.filter((folder) => folder !== '');
  const files: string[] = [];
  const others: Input[] = variables.map((name) => ({ kind: 'variable', name }));
  for (const name of known) {
    const [folder] = await wordsOf(['--variable=pcfiledir', '--', name]);
    if (folder !== undefined) files.push(join(folder, `${name}.pc`));
    others.push(...first.map((each) => ({ kind: 'file', name: join(each, `${name}.pc`) }) as const));
  }
  const cFlags = await wordsOf([...flags, '--cflags', '--', ...names]);
  const linkFlags = await wordsOf([...flags, '--libs', '--', ...names]);
  return { cFlags, linkFlags, files, others: others.filter(({ name }) => !files.includes(name)) };
}
