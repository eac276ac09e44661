import { existsSync } from 'node:fs';
import { join, normalize } from 'node:path';
import type { NodePackage } from './package.ts';
import { isTypeScript } from './scripts.ts';

/** The commands of a start script, as npm would run them. */
export interface StartScript {
  /** The line of the last step, which starts the program. */
  readonly line: string;
  /** Lines that run first: prestart, and build steps before the last one. */
  readonly before: readonly string[];
}

/** A step that calls another script: `npm run serve -- --port 1`. */
const calls =
  /^(?:npm|pnpm|yarn)(?: +-{1,2}s(?:ilent)?)*(?: +run(?:-script)?)?(?: +-{1,2}s(?:ilent)?)* +([\w:.-]+)(?: +-- +(.*))?$/;
/** Build steps, whose result is the same for each instance. */
const builds =
  /^(?:(?:npm|pnpm|yarn)(?: +run(?:-script)?)? +[\w:.-]+|(?:npx +)?(?:tsc|tsup|tsdown|esbuild|swc|babel|rollup|webpack|unbuild|vite +build|ncc +build)(?: +[^<>|;&$`]+)?)$/;

/**
 * The start script of a package; undefined if there is none. Calls of other scripts are inlined, so that no package
 * manager adds its output to the plan's.
 */
export function startScript({ scripts }: NodePackage): StartScript | undefined {
  const start = scripts['start']?.trim();
  if (!start) return undefined;
  const seen = new Set(['start']);
  const before = beforeOf(scripts, 'start');
  let line = start;
  for (;;) {
    const steps = stepsOf(line);
    while (steps.length > 1 && builds.test(steps[0] ?? '')) before.push(steps.shift() ?? '');
    line = steps.join(' && ');
    const [, name = '', more] = calls.exec(line) ?? [];
    const next = scripts[name];
    if (next === undefined || seen.has(name)) return { line, before };
    seen.add(name);
    before.push(...beforeOf(scripts, name));
    line = more === undefined ? next.trim() : `${next.trim()} ${more}`;
  }
}

function beforeOf(scripts: Readonly<Record<string, string>>, name: string): string[] {
  const line = scripts[`pre${name}`]?.trim();
  return line ? [line] : [];
}

/** Splits `a && b` into steps; a line with other operators stays whole. */
function stepsOf(line: string): string[] {
  return /["'`;|()]|\|\||(?<!&)&(?!&)/.test(line) ? [line] : line.split('&&').map((step) => step.trim());
}

/** A line that only runs Node with a file. */
export interface PlainStart {
  readonly flags: readonly string[];
  /** Below the plan's folder. */
  readonly entry: string;
  readonly args: readonly string[];
}

const plain =
  /^node((?: +--[\w-]+(?:=[\w/-][\w./-]*)?)*) +((?:\.\/)?[\w@+][\w@+./-]*\.[cm]?[jt]s)((?: +[\w@%+=:,./-]+)*)$/;
/** Flags of Node with a separate value. */
const valued = /^--(?:import|require|(?:experimental-)?loader|env-file(?:-if-exists)?|conditions|title)$/;

/** The words of a line without shell syntax; undefined for any other. */
export function plainStart(line: string): PlainStart | undefined {
  const [, before = '', entry, args = ''] = plain.exec(line) ?? [];
  if (entry === undefined || entry.split('/').includes('..')) return undefined;
  const words = (text: string) => text.split(/ +/).filter((word) => word !== '');
  const flags = words(before);
  if (flags.some((flag) => valued.test(flag))) return undefined;
  // A loader may compile TypeScript in its own way.
  if (isTypeScript(entry) && loads.test(line)) return undefined;
  const kept = isTypeScript(entry) ? flags.filter((flag) => !strips.test(flag)) : flags;
  return { flags: kept, entry: normalize(entry), args: words(args) };
}

const loads = /(?:^|[\s="'])(?:-r|--(?:import|require|(?:experimental-)?loader))(?=[\s=])/;
/** Flags that older versions of Node reject, and that a bundle does not need. */
const strips = /^--(?:experimental-)?(?:strip|transform)-types$/;
const ofNode = String.raw`(?:\s+(?:--(?:env-file(?:-if-exists)?|conditions|title)\s+[^\s-]\S*|-C\s+\S+|--?[\w-]+(?:=\S+)?))*`;
const nodeRuns = new RegExp(
  String.raw`(?:^|[\s;&|(]|-c\s+["'])node${ofNode}\s+((?:\./)?[\w@+][\w@+./-]*\.[cm]?ts)(?=[\s;&|)"']|$)`,
  'g',
);

/** The TypeScript files that a line runs with Node, without a loader that compiles them. */
export function typeScriptRunBy(line: string): string[] {
  if (loads.test(line)) return [];
  return [...new Set([...line.matchAll(nodeRuns)].map(([, path = '']) => normalize(path)))];
}

const runsScripts = /(?:^|[\s/])(?:node|tsx|ts-node(?:-[\w-]+)?|nodemon|c8|nyc|jiti|esno)(?=\s|$)/;
const scriptWord =
  /(^|\s|--(?:import|require|loader|experimental-loader)=)((?:\.\/)?[\w@+][\w@+./-]*\.[cm]?[jt]sx?)(?=\s|$)/g;

/**
 * The shell line that runs a start script: `$0` is the plan as built, `$1` the Node to use. Each instance works in
 * its own folder and starts the plan's scripts by their path in the artifact, so that imports resolve there.
 * @param compiled the bundles that replace scripts, by the paths of the scripts.
 */
export function shellLine(
  line: string,
  manifest: NodePackage,
  planCopy: string,
  compiled: ReadonlyMap<string, string>,
): string {
  const inPlace = isPlainLine(line)
    ? withoutStripping(line, compiled).replace(scriptWord, (word, before: string, path: string) => {
        const bundle = compiled.get(normalize(path));
        if (bundle !== undefined) return `${before}--enable-source-maps "$0/${bundle}"`;
        return existsSync(join(planCopy, path)) ? `${before}"$0/${normalize(path)}"` : word;
      })
    : line;
  const variables = Object.entries(variablesOf(manifest, planCopy)).map(
    ([name, value]) => `${name}=${value}`,
  );
  return `export ${variables.join(' ')}; ${inPlace}`;
}

/** Whether a shell would pass the paths in a line unchanged. */
export function isPlainLine(line: string): boolean {
  return !/["'`]|(?:^|[\s;&])cd\s/.test(line) && runsScripts.test(line);
}

function withoutStripping(line: string, { size }: ReadonlyMap<string, string>): string {
  if (size === 0) return line;
  return line
    .split(/(?<=\s)/)
    .filter((word) => !strips.test(word.trim()))
    .join('');
}

/** The environment variables that npm sets for scripts, as far as the scripts use them. */
function variablesOf({ name, version, config }: NodePackage, planCopy: string): Record<string, string> {
  const settings = Object.entries(config).flatMap(([key, value]) =>
    /^\w+$/.test(key) && ['string', 'number', 'boolean'].includes(typeof value)
      ? [[`npm_package_config_${key}`, quoted(String(value))]]
      : [],
  );
  return {
    PATH: '"$0/node_modules/.bin:${1%/*}:$PATH"',
    npm_lifecycle_event: 'start',
    ...(name === undefined ? {} : { npm_package_name: quoted(name) }),
    ...(version === undefined ? {} : { npm_package_version: quoted(version) }),
    ...Object.fromEntries(settings),
    // tsx searches for it in the working directory, which lacks the files it extends.
    ...(existsSync(join(planCopy, 'tsconfig.json')) ? { TSX_TSCONFIG_PATH: '"$0/tsconfig.json"' } : {}),
  };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
