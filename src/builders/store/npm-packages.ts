import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The kind of folders with installed packages of Node plans: `npm--<digest>`. */
export const packagesKind = 'npm';

/** The lock files of each package manager; npm prefers the first. */
export const lockFiles = {
  npm: ['npm-shrinkwrap.json', 'package-lock.json'],
  pnpm: 'pnpm-lock.yaml',
  yarn: 'yarn.lock',
} as const;

export const allLocks: readonly string[] = [...lockFiles.npm, lockFiles.pnpm, lockFiles.yarn];

/** A link in an artifact to its packages in the home, if its own node_modules is a folder of links. */
export const packagesLink = 'packages';

/** The part of an installation's folder with links to paths outside the plan, and the plan's place among them. */
export const besideFolder = 'beside';

const inputFiles = ['package.json', ...allLocks, '.npmrc', '.pnpmfile.cjs', 'pnpm-workspace.yaml'];
const yarnFiles = ['.yarnrc', '.yarnrc.yml'];
const inputFolders = ['.yarn', 'patches'];
/** Files that Yarn writes for itself. */
const notRead = /^\.yarn\/(?:unplugged\/|install-state|build-state|sdks\/)/;

/** Whether a file of a plan affects an installation; it is copied next to the package manager's output. */
export function isInstallInput(path: string): boolean {
  if (inputFiles.includes(path) || yarnFiles.includes(path)) return true;
  return inputFolders.some((folder) => path.startsWith(`${folder}/`)) && !notRead.test(path);
}

/** Whether tg has made a folder for packages: it contains only the inputs and outputs of an installation. */
export async function isPackageFolder(dir: string): Promise<boolean> {
  const names = await readdir(dir).catch(() => []);
  const lock = names.find((name) => allLocks.includes(name));
  const isFile = async (name: string) =>
    (await lstat(join(dir, name)).catch(() => undefined))?.isFile() === true;
  if (lock === undefined || !(await isFile(lock))) return false;
  const known = ['node_modules', besideFolder, ...inputFiles, ...yarnFiles, ...inputFolders];
  return names.every((name) => known.includes(name));
}
