import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { satisfies } from 'semver';
import { packageName } from '../../os/own-package.ts';
import { TgError } from '../../util/errors.ts';
import { ancestorsOf } from '../ancestors.ts';
import { isPlainFile } from '../plain-file.ts';
import { modules } from '../sources/packages.ts';
import type { ImportSite } from './bundle/imports.ts';
import type { NodeEntry } from './entry.ts';
import type { NodePackage } from './package.ts';
import type { ChosenNode } from './version.ts';

/** The context in which a plan's imports are checked. */
export interface Reach {
  readonly planDir: string;
  /** The folders with its own packages. */
  readonly own: readonly string[];
  readonly manifest: NodePackage;
}

/**
 * Checks that the packages required to start the plan are installed.
 * @throws TgError (build) naming the package, the file and the line.
 */
export function checkInstalled(reach: Reach, imports: readonly ImportSite[]): void {
  const { planDir, own, manifest } = reach;
  const places = [...own, ...ancestorsOf(planDir).map((folder) => join(folder, modules))];
  for (const site of imports) {
    const beside = [dirname(site.file), ...ancestorsOf(dirname(site.file))].map((folder) =>
      join(planDir, folder, modules),
    );
    if (!site.needed || isInstalled(reach, [...beside, ...places], site.path)) continue;
    const line = lineOf(planDir, site);
    if (line === undefined && site.kind === 'require') continue;
    const name = packageOf(site.path);
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    const isNamed = name in { ...dependencies, ...devDependencies, ...optionalDependencies };
    throw new TgError('build', `the plan imports "${site.path}", which is not installed`, {
      where: [join(planDir, site.file), ...(line === undefined ? [] : [line])].join(':'),
      hint: hintFor(planDir, name, isNamed),
    });
  }
}

function hintFor(planDir: string, name: string, isNamed: boolean): string {
  return isNamed
    ? `Install the plan's packages (npm install) in ${planDir}.`
    : `Add it to the plan's package.json (npm install ${name}) in ${planDir}.`;
}

function packageOf(path: string): string {
  return path.split('/', path.startsWith('@') ? 2 : 1).join('/');
}

function isInstalled({ manifest }: Reach, places: readonly string[], path: string): boolean {
  if (isBuiltin(path) || /^([./#<]|\w+:)/.test(path)) return true;
  const name = packageOf(path);
  return (
    [packageName, manifest.name].includes(name) || places.some((folder) => existsSync(join(folder, name)))
  );
}

/** The versions of Node that run TypeScript natively. */
const runsTypeScript = '^22.18.0 || >=23.6.0';

/**
 * Checks that Node can run the TypeScript files of a start script that are not bundled.
 * @throws TgError (build) with the change to make.
 */
export function checkNodeRuns(planDir: string, start: NodeEntry, { version }: ChosenNode): void {
  if (start.kind === 'file' || start.bundled !== undefined || satisfies(version, runsTypeScript)) return;
  const [first] = start.typeScript;
  if (first === undefined) return;
  const file = isPlainFile(join(planDir, first)) ? first : 'FILE';
  throw new TgError(
    'build',
    `the start script runs ${first} with Node ${version}, which does not run TypeScript`,
    {
      where: join(planDir, 'package.json'),
      hint: `Write only "start": "node ${file}", which tg bundles, or use --build-cfg entry=${file}. A loader (tsx) or Node 22.18 or later runs it too.`,
    },
  );
}

/** An unindented statement that requires a module. */
const requiresAtOnce = /^(?:(?:const|let|var)\b[^;]*=\s*|(?:module\.)?exports\b[^;]*=\s*)?require\s*\(/;

/** The line in which a file imports a path. An indented require() may be optional and does not count. */
function lineOf(planDir: string, { file, path, kind }: ImportSite): number | undefined {
  const place = join(planDir, file);
  const lines = isPlainFile(place) ? readFileSync(place, 'utf8').split('\n') : [];
  const quoted = ['"', "'", '`'].map((quote) => quote + path + quote);
  const index = lines.findIndex(
    (line) => quoted.some((word) => line.includes(word)) && (kind !== 'require' || requiresAtOnce.test(line)),
  );
  return index < 0 ? undefined : index + 1;
}
