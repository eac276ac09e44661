import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The kind of folder in which the packages of Node plans are installed: `npm--<digest>`. */
export const packagesKind = 'npm';

/** What decides about an installation: it lies beside what npm makes of it. */
export const lockFiles = ['package-lock.json', 'npm-shrinkwrap.json'];
export const installInputs = ['package.json', ...lockFiles, '.npmrc'];

/** Whether tg has made a folder for packages: it holds what an installation needs and gives, and nothing else. */
export async function isPackageFolder(dir: string): Promise<boolean> {
  const names = await readdir(dir).catch(() => []);
  const lock = names.find((name) => lockFiles.includes(name));
  const isFile = async (name: string) =>
    (await lstat(join(dir, name)).catch(() => undefined))?.isFile() === true;
  if (lock === undefined || !(await isFile(lock))) return false;
  return names.every((name) => name === 'node_modules' || installInputs.includes(name));
}
