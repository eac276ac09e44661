import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds this package's package.json: above src, and above dist, wherever a bundle has this module. */
export const packageRoot = folderWith('package.json', dirname(fileURLToPath(import.meta.url)));

/** Templates of plans, a folder for each language. */
export const templatesFolder = join(packageRoot, 'templates');

/** The folder from which Python imports the SDK, `tg_sdk`; nothing else is in it that could be imported. */
export const pythonSdkFolder = join(packageRoot, 'python', 'on-path');

/** The plans that ship with tg. */
export const shippedPlans = join(packageRoot, 'plans');

/** The name under which a plan imports this package: `<name>/sdk`. */
export const packageName = 'testground-tg';

/** The files of this package that other processes are started with, or shown. */
export interface OwnFiles {
  /** The program tg, for what starts another one. */
  readonly tg: string;
  /** The program that starts instances. */
  readonly launcher: string;
  /** The folder with the program and the style of a report's page. */
  readonly pageAssets: string;
}

let files: OwnFiles = {
  tg: join(packageRoot, 'bin', 'tg.js'),
  launcher: join(packageRoot, 'dist', 'run', 'launch', 'process.js'),
  pageAssets: join(packageRoot, 'dist', 'report', 'assets'),
};

/** Those of this process: as they are built, unless `useFiles` was called. */
export function ownFiles(): OwnFiles {
  return files;
}

/** Replaces them: scripts/dev runs tg from its sources. */
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
