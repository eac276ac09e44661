import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a program; undefined if it is not on PATH. */
export function findProgram(
  name: string,
  env: NodeJS.ProcessEnv,
  first: readonly string[] = [],
): string | undefined {
  const folders = [...first, ...(env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
