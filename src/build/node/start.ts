import { existsSync } from 'node:fs';
import { join, normalize } from 'node:path';
import type { NodePackage } from './package.ts';

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
  /^node((?: +--[\w-]+(?:=[\w/-][\w./-]*)?)*) +((?:\.\/)?[\w@+][\w@+./-]*\.[cm]?js)((?: +[\w@%+=:,./-]+)*)$/;

/** The words of a line that a shell would only repeat; undefined for any other. */
export function plainStart(line: string): PlainStart | undefined {
  const [, flags = '', entry, args = ''] = plain.exec(line) ?? [];
  if (entry === undefined || entry.split('/').includes('..')) return undefined;
  const words = (text: string) => text.split(/ +/).filter((word) => word !== '');
  return { flags: words(flags), entry: normalize(entry), args: words(args) };
}

const runsScripts = /(?:^|[\s/])(?:node|tsx|ts-node(?:-[\w-]+)?|nodemon|c8|nyc|jiti|esno)(?=\s|$)/;
const scriptWord =
  /(^|\s|--(?:import|require|loader|experimental-loader)=)((?:\.\/)?[\w@+][\w@+./-]*\.[cm]?[jt]sx?)(?=\s|$)/g;

/**
 * The line for a shell that carries out a start script: `$0` is the plan as built, `$1` the Node to be used. Each instance works in a
 * folder of its own, and starts the plan's scripts from where the plan was built: what they import is found from there.
 */
export function shellLine(line: string, manifest: NodePackage, planCopy: string): string {
  const isPlain = !/["'`]|(?:^|[\s;&])cd\s/.test(line) && runsScripts.test(line);
  const inPlace = isPlain
    ? line.replace(scriptWord, (word, before: string, path: string) =>
        existsSync(join(planCopy, path)) ? `${before}"$0/${normalize(path)}"` : word,
      )
    : line;
  const variables = Object.entries(variablesOf(manifest, planCopy)).map(
    ([name, value]) => `${name}=${value}`,
  );
  return `export ${variables.join(' ')}; ${inPlace}`;
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
