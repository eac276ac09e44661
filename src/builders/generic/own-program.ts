import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Words without anything that means something to a shell, the first of them a place in the plan. */
const plainLine = /^(?:\.\/)?[\w@%+:,.-]+(?:\/[\w@%+:,.-]+)*(?: +[\w@%+=:,./-]+)*$/;

/** How the files of compiled programs begin: ELF, and Mach-O in its forms. */
const magics = ['7f454c46', 'cffaedfe', 'cefaedfe', 'cafebabe'];

/**
 * The words of a line that does nothing but start a compiled program of the plan: that needs no shell in between.
 * @param dir the plan's folder, in which the line is carried out.
 * @returns undefined for any other line.
 */
export function ownProgram(line: string, dir: string): [program: string, ...args: string[]] | undefined {
  const [program = '', ...args] = line.trim().split(/ +/);
  // Without a slash it is looked for on PATH, or built into the shell.
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
