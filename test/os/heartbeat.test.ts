import { execFileSync } from 'node:child_process';
import { linkSync, lstatSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Heartbeat } from '../../src/os/heartbeat.ts';
import { folderWith } from '../support/temp.ts';

/** What an instance can create in place of the heartbeat file of its run. */
const puts: Readonly<Record<string, (other: string, file: string) => void>> = {
  'a hard link': linkSync,
  'a link': symlinkSync,
  'a pipe': (_, file) => void execFileSync('mkfifo', [file]),
};

test.each(Object.entries(puts))(
  'replaces %s in place of the heartbeat file, and does not write through it',
  async (_, put) => {
    const dir = await folderWith({ other: 'as it was' });
    const [file, other] = [join(dir, '.heartbeat'), join(dir, 'other')];
    put(other, file);
    using heartbeat = new Heartbeat(file);
    const isThere = () => {
      const stats = lstatSync(file);
      return stats.isFile() && stats.nlink === 1 && 'owner' in JSON.parse(readFileSync(file, 'utf8'));
    };
    expect(readFileSync(other, 'utf8')).toBe('as it was');
    expect(isThere()).toBe(true);
    execFileSync('rm', [file]);
    put(other, file);
    heartbeat.update({ more: 1 });
    expect(readFileSync(other, 'utf8')).toBe('as it was');
    expect(isThere()).toBe(true);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ more: 1 });
  },
);
