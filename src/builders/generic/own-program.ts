import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Words without shell syntax, the first of them a path in the plan. */
const plainLine = /^(?:\.\/)?[\w@%+:,.-]+(?:\/[\w@%+:,.-]+)*(?: +[\w@%+=:,./-]+)*$/;

/** The magic numbers of compiled programs: ELF and the variants of Mach-O. */
const magics = ['7f454c46', 'cffaedfe', 'cefaedfe', 'cafebabe'];

/**
 * The words of a line that only starts a compiled program of the plan, and so needs no shell.
 * @param dir the plan's folder, in which the line runs.
 * @returns undefined for any other line.
 */
export function ownProgram(line: string, dir: string): [program: string, ...args: string[]] | undefined {
  const [program = '', ...args] = line.trim().split(/ +/);
  // A name without a slash is searched on PATH or is a shell builtin.
  if (!plainLine.test(line.trim()) || !program.includes('/') || program.split('/').includes('..'))
    return undefined;
  return isCompiled(join(dir, program)) ? [program, ...args] : undefined;
}

function isCompiled(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile() && magics.includes(firstBytes(file, 4).toString('hex'));
  } catch {
    return false;
  }
}

function firstBytes(file: string, count: number): Buffer {
  const fd = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(count);
    return bytes.subarray(0, readSync(fd, bytes, 0, count, 0));
  } finally {
    closeSync(fd);
  }
}
