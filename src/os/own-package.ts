import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this package's package.json: above src, and above dist, wherever a bundle puts this module. */
export const packageRoot = folderWith('package.json', dirname(fileURLToPath(import.meta.url)));

/** Plan templates, one folder per language. */
export const templatesFolder = join(packageRoot, 'templates');

/** The folder on Python's path for the SDK, `tg_sdk`; it contains nothing else to import. */
export const pythonSdkFolder = join(packageRoot, 'python', 'on-path');

/** The plans that ship with tg. */
export const shippedPlans = join(packageRoot, 'plans');

/** The name under which a plan imports this package: `<name>/sdk`. */
export const packageName = 'testground-tg';

/** Files of this package that other processes run or display. */
export interface OwnFiles {
  /** The tg program, for starting another tg. */
  readonly tg: string;
  /** The program that starts instances. */
  readonly launcher: string;
  /** The program that holds the networks of a run, and the switch between its instances. */
  readonly holder: string;
  readonly networkSwitch: string;
  /** The folder with the script and the style of the report page. */
  readonly pageAssets: string;
}

let files: OwnFiles = {
  tg: join(packageRoot, 'bin', 'tg.js'),
  launcher: join(packageRoot, 'dist', 'runners', 'process', 'launch', 'process.js'),
  holder: join(packageRoot, 'dist', 'runners', 'local-netns', 'holder', 'process.js'),
  networkSwitch: join(packageRoot, 'dist', 'network', 'user', 'process.js'),
  pageAssets: join(packageRoot, 'dist', 'report', 'assets'),
};

/** The files of this process: the built ones, unless `useFiles` was called. */
export function ownFiles(): OwnFiles {
  return files;
}

/** Overrides the files: scripts/dev runs tg from its sources. */
export function useFiles(others: OwnFiles): void {
  files = others;
}

/** The version in package.json. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
    return String(manifest.version);
  throw new Error('package.json has no version');
}

function folderWith(name: string, from: string): string {
  if (existsSync(join(from, name))) return from;
  const above = dirname(from);
  if (above === from) throw new Error(`no ${name} above ${import.meta.url}`);
  return folderWith(name, above);
}
