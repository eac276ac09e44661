import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The kind of folder in which the packages of Node plans are installed: `npm--<digest>`. */
export const packagesKind = 'npm';

/** The lock files of each package manager; npm prefers the first. */
export const lockFiles = {
  npm: ['npm-shrinkwrap.json', 'package-lock.json'],
  pnpm: 'pnpm-lock.yaml',
  yarn: 'yarn.lock',
} as const;

/** All of them, of whichever. */
export const allLocks: readonly string[] = [...lockFiles.npm, lockFiles.pnpm, lockFiles.yarn];

/** In an artifact: leads to the packages in the home that it uses, where its own node_modules is a folder of links. */
export const packagesLink = 'packages';

/** The part of an installation's folder with links to what lies beside the plan, and the place of the plan among them. */
export const besideFolder = 'beside';

const inputFiles = ['package.json', ...allLocks, '.npmrc', '.pnpmfile.cjs', 'pnpm-workspace.yaml'];
const yarnFiles = ['.yarnrc', '.yarnrc.yml'];
const inputFolders = ['.yarn', 'patches'];
/** What Yarn writes for itself. */
const notRead = /^\.yarn\/(?:unplugged\/|install-state|build-state|sdks\/)/;

/** Whether a file of a plan decides about an installation: a copy lies beside what the package manager makes of it. */
export function isInstallInput(path: string): boolean {
  if (inputFiles.includes(path) || yarnFiles.includes(path)) return true;
  return inputFolders.some((folder) => path.startsWith(`${folder}/`)) && !notRead.test(path);
}

/** Whether tg has made a folder for packages: it holds what an installation needs and gives, and nothing else. */
export async function isPackageFolder(dir: string): Promise<boolean> {
  const names = await readdir(dir).catch(() => []);
  const lock = names.find((name) => allLocks.includes(name));
  const isFile = async (name: string) =>
    (await lstat(join(dir, name)).catch(() => undefined))?.isFile() === true;
  if (lock === undefined || !(await isFile(lock))) return false;
  const known = ['node_modules', besideFolder, ...inputFiles, ...yarnFiles, ...inputFolders];
  return names.every((name) => known.includes(name));
}
