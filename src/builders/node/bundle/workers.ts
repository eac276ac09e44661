import { basename, dirname, extname, join, relative } from 'node:path';
import { isInside } from '../../sources/inside.ts';
import { isTypeScript, type Script, scriptsStartedIn } from '../scripts.ts';

/** A script that a plan starts as a worker thread or a process. */
export interface WorkerScript {
  /** An absolute path. */
  readonly file: string;
  /** The names by which the plan refers to it. */
  readonly names: readonly string[];
  /** Whether it is used as the file of a worker or process, rather than only named. */
  readonly sure: boolean;
}

const starts = /\b(?:Worker|fork)\s*\(/;
/** A script that starts itself. */
const startsItself =
  /\b(?:Worker|fork)\s*\(\s*(?:(?:new\s+URL|fileURLToPath)\s*\(\s*)*(?:import\.meta\.(?:url|filename)|__filename)/;

/** The scripts started by other scripts. */
export function workersIn(scripts: readonly Script[], planDir: string): WorkerScript[] {
  const found = new Map<string, WorkerScript>();
  for (const script of scripts) {
    const sure = starts.test(script.text);
    if (startsItself.test(script.text)) found.set(script.file, { file: script.file, names: [], sure });
    for (const { name, file } of scriptsStartedIn(script, planDir)) {
      if (!isTypeScript(file) && !sure) continue;
      const before = found.get(file);
      const names = [...(before?.names ?? []), name];
      found.set(file, { file, names, sure: isTypeScript(file) && (sure || before?.sure === true) });
    }
  }
  return [...found.values()];
}

/**
 * The path of a script's bundle below the plan's folder: next to the script or, for a script outside of the plan,
 * at the top.
 */
export function bundledName(planDir: string, file: string): string {
  const ending = extname(file) === '.cts' ? '.tg.cjs' : '.tg.mjs';
  const name = basename(file, extname(file)) + ending;
  if (isInside(planDir, file)) return join(dirname(relative(planDir, file)), name);
  return `${relative(planDir, dirname(file)).replace(/[^\w-]+/g, '_')}_${name}`;
}

/**
 * Code for the beginning of a bundle that makes worker threads and processes start the bundles of their scripts.
 * @param from the path of the bundle below the plan's folder.
 */
export function startWorkers(planDir: string, from: string, workers: readonly WorkerScript[]): string {
  if (workers.length === 0) return '';
  const urlOf = (path: string) => relative(dirname(from), path).split('/').map(encodeURIComponent).join('/');
  const table = workers.map(({ file, names }) => ({
    names: [...names, ...(isInside(planDir, file) ? [] : [file])],
    places: isInside(planDir, file) ? placesOf(relative(planDir, file), names).map(urlOf) : [],
    bundle: urlOf(bundledName(planDir, file)),
  }));
  return `(${redirect})(${JSON.stringify(table)}, tgUrlOf, tgFileOf, tgRequire);`;
}

/** The paths at which a plan looks for a script: TypeScript may be named by its output. */
function placesOf(file: string, names: readonly string[]): string[] {
  const output = file.replace(/ts(x?)$/, 'js$1');
  return isTypeScript(file) && names.some((name) => !isTypeScript(name)) ? [file, output] : [file];
}

/** The code that runs in the plan, on one line. */
const redirect = [
  '(rows, urlOf, fileOf, require) => {',
  'const bundles = new Map();',
  'for (const { names, places, bundle } of rows) {',
  'const compiled = fileOf(urlOf(bundle));',
  'for (const name of names) if (!bundles.has(name)) bundles.set(name, compiled);',
  'for (const place of places) bundles.set(fileOf(urlOf(place)), compiled);',
  '}',
  'const compiledOf = (file) => {',
  "const path = /^file:/.test(file) ? fileOf(String(file).replace(/[?#].*$/s, '')) : file;",
  'return bundles.get(path) ?? file;',
  '};',
  "const threads = require('node:worker_threads'), processes = require('node:child_process');",
  'const { Worker: Base } = threads, { fork } = processes;',
  'threads.Worker = class Worker extends Base {',
  'constructor(file, options) { super(options?.eval ? file : compiledOf(file), options); }',
  '};',
  'processes.fork = (file, ...rest) => fork(compiledOf(file), ...rest);',
  "require('node:module').syncBuiltinESMExports();",
  '}',
].join(' ');
