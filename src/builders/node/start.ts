import { existsSync } from 'node:fs';
import { join, normalize } from 'node:path';
import type { NodePackage } from './package.ts';
import { isTypeScript } from './scripts.ts';

/** What a start script does, as npm would do it. */
export interface StartScript {
  /** The line of the last step: it starts the program. */
  readonly line: string;
  /** Lines that make it first: prestart, and steps before the last that build. */
  readonly before: readonly string[];
}

/** A step that calls another script: `npm run serve -- --port 1`. */
const calls =
  /^(?:npm|pnpm|yarn)(?: +-{1,2}s(?:ilent)?)*(?: +run(?:-script)?)?(?: +-{1,2}s(?:ilent)?)* +([\w:.-]+)(?: +-- +(.*))?$/;
/** Steps whose outcome is the same for each instance. */
const builds =
  /^(?:(?:npm|pnpm|yarn)(?: +run(?:-script)?)? +[\w:.-]+|(?:npx +)?(?:tsc|tsup|tsdown|esbuild|swc|babel|rollup|webpack|unbuild|vite +build|ncc +build)(?: +[^<>|;&$`]+)?)$/;

/**
 * The start script of a package; undefined where it has none. Scripts that it calls by their names are followed, so that no package
 * manager stands between: its words would be among the plan's.
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

/** The steps of `a && b`; the whole line where it says more than that. */
function stepsOf(line: string): string[] {
  return /["'`;|()]|\|\||(?<!&)&(?!&)/.test(line) ? [line] : line.split('&&').map((step) => step.trim());
}

/** A line that is nothing but Node with a file. */
export interface PlainStart {
  readonly flags: readonly string[];
  /** Below the plan's folder. */
  readonly entry: string;
  readonly args: readonly string[];
}

const plain =
  /^node((?: +--[\w-]+(?:=[\w/-][\w./-]*)?)*) +((?:\.\/)?[\w@+][\w@+./-]*\.[cm]?[jt]s)((?: +[\w@%+=:,./-]+)*)$/;
/** Flags of Node whose value is the next word. */
const valued = /^--(?:import|require|(?:experimental-)?loader|env-file(?:-if-exists)?|conditions|title)$/;

/** The words of a line that a shell would only repeat; undefined for any other. */
export function plainStart(line: string): PlainStart | undefined {
  const [, before = '', entry, args = ''] = plain.exec(line) ?? [];
  if (entry === undefined || entry.split('/').includes('..')) return undefined;
  const words = (text: string) => text.split(/ +/).filter((word) => word !== '');
  const flags = words(before);
  if (flags.some((flag) => valued.test(flag))) return undefined;
  // What it loads may compile TypeScript in its own way.
  if (isTypeScript(entry) && loads.test(line)) return undefined;
  const kept = isTypeScript(entry) ? flags.filter((flag) => !strips.test(flag)) : flags;
  return { flags: kept, entry: normalize(entry), args: words(args) };
}

const loads = /(?:^|[\s="'])(?:-r|--(?:import|require|(?:experimental-)?loader))(?=[\s=])/;
/** What an earlier Node refuses, and what a bundle does not need. */
const strips = /^--(?:experimental-)?(?:strip|transform)-types$/;
const ofNode = String.raw`(?:\s+(?:--(?:env-file(?:-if-exists)?|conditions|title)\s+[^\s-]\S*|-C\s+\S+|--?[\w-]+(?:=\S+)?))*`;
const nodeRuns = new RegExp(
  String.raw`(?:^|[\s;&|(]|-c\s+["'])node${ofNode}\s+((?:\./)?[\w@+][\w@+./-]*\.[cm]?ts)(?=[\s;&|)"']|$)`,
  'g',
);

/** The scripts in TypeScript that a line has Node run by itself: it says nothing that compiles them. */
export function typeScriptRunBy(line: string): string[] {
  if (loads.test(line)) return [];
  return [...new Set([...line.matchAll(nodeRuns)].map(([, path = '']) => normalize(path)))];
}

const runsScripts = /(?:^|[\s/])(?:node|tsx|ts-node(?:-[\w-]+)?|nodemon|c8|nyc|jiti|esno)(?=\s|$)/;
const scriptWord =
  /(^|\s|--(?:import|require|loader|experimental-loader)=)((?:\.\/)?[\w@+][\w@+./-]*\.[cm]?[jt]sx?)(?=\s|$)/g;

/**
 * The line for a shell that carries out a start script: `$0` is the plan as built, `$1` the Node to be used. Each instance works in a
 * folder of its own, and starts the plan's scripts from where the plan was built: what they import is found from there.
 * @param compiled the bundles that are run in the place of scripts, by the paths of these.
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

/** Whether the paths in a line are those that a shell would give to programs. */
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

/** What npm says to scripts, as far as they use it. */
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
    // tsx looks for it in the working directory, where what it extends is not.
    ...(existsSync(join(planCopy, 'tsconfig.json')) ? { TSX_TSCONFIG_PATH: '"$0/tsconfig.json"' } : {}),
  };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
