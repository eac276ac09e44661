import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readMachine } from '../../src/os/machine.ts';
import { tempDir } from '../support/temp.ts';

/** Creates a folder with files of /proc and /sys. */
async function rootWith(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await tempDir();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return root;
}

// The columns are user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice.
const stat = [
  'cpu  60 0 30 600 60 0 0 30 15 0',
  'cpu0 10 0 5 100 10 0 0 5 5 0',
  'cpu1 20 0 10 200 20 0 0 10 0 0',
  'cpu2 30 0 15 300 30 0 0 15 10 0',
  'intr 1',
].join('\n');

test('adds up the time of all processors, without counting guest time twice', async () => {
  const { cores, time } = readMachine(await rootWith({ 'proc/stat': stat }));
  expect({ cores, time }).toEqual({ cores: 3, time: { all: 780, idle: 660, stolen: 30 } });
});

test('leaves out processors that tg may not use', async () => {
  const status = 'Name:\tnode\nCpus_allowed_list:\t0,2-3\n';
  const { cores, time } = readMachine(await rootWith({ 'proc/stat': stat, 'proc/self/status': status }));
  expect({ cores, time }).toEqual({ cores: 2, time: { all: 520, idle: 440, stolen: 20 } });
});

test('reads the share of memory that cannot be reclaimed', async () => {
  const meminfo = 'MemTotal:       8000 kB\nMemFree:        1000 kB\nMemAvailable:   6000 kB\n';
  expect(readMachine(await rootWith({ 'proc/meminfo': meminfo })).memory).toBe(0.25);
});

test('takes the limit of a container for the number of processors', async () => {
  const group = { 'proc/self/cgroup': '1:cpu:/other\n0::/a/b\n', 'proc/stat': stat };
  const limited = {
    'sys/fs/cgroup/a/b/cpu.max': '150000 100000\n',
    'sys/fs/cgroup/a/b/cpu.stat': 'usage_usec 2500000\nuser_usec 1\n',
  };
  const its = readMachine(await rootWith({ ...group, ...limited }));
  expect([its.cores, its.quota]).toEqual([1.5, { cores: 1.5, usedMs: 2_500 }]);
  const unlimited = { ...limited, 'sys/fs/cgroup/a/b/cpu.max': 'max 100000\n' };
  const free = readMachine(await rootWith({ ...group, ...unlimited }));
  expect([free.cores, free.quota]).toEqual([3, null]);
});

test('without /proc, reports what Node knows, and null for the rest', async () => {
  const its = readMachine(await rootWith({}));
  expect(its).toMatchObject({ cores: availableParallelism(), quota: null, memory: null });
  expect(its.time?.all).toBeGreaterThan(its.time?.idle ?? Number.POSITIVE_INFINITY);
  expect(its.time?.stolen).toBeNull();
});
