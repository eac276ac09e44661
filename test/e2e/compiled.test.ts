import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Machine, someMachine, tg } from '../support/tg.ts';

const asked = ['plan', 'list'];

/** A machine on which tg has not run before. */
async function newMachine(): Promise<{ readonly machine: Machine; readonly cache: string }> {
  const machine = await someMachine();
  const cache = join(machine.home, '..', '.cache', 'tg');
  rmSync(cache);
  return { machine, cache };
}

/** The files of the cache, by name: inode, size and mode. */
function kept(cache: string): Record<string, readonly number[]> {
  const files = readdirSync(cache).map((name) => [name, statSync(join(cache, name))] as const);
  return Object.fromEntries(files.map(([name, { ino, size, mode }]) => [name, [ino, size, mode & 0o777]]));
}

test('caches V8’s compiled code once for each command that ends well, readable by the user only', async () => {
  const { machine, cache } = await newMachine();
  await tg(machine, asked);
  const first = kept(cache);
  expect(Object.keys(first)).toEqual([expect.stringMatching(/^[0-9a-f]{24}-[0-9a-f]+-plan\.code$/)]);
  expect(Object.values(first)).toEqual([[expect.any(Number), expect.any(Number), 0o600]]);
  await tg(machine, asked);
  expect(kept(cache)).toEqual(first);
  await tg(machine, ['status']);
  await tg(machine, ['no-such-command']);
  await tg(machine, ['--version']);
  expect(Object.keys(kept(cache)).map((name) => name.replace(/.*-/, ''))).toEqual(['plan.code']);
  await tg(machine, ['--help']);
  expect(Object.keys(kept(cache))).toHaveLength(2);
});

test('ignores and replaces damaged cache files', async () => {
  const { machine, cache } = await newMachine();
  const whole = await tg(machine, asked);
  const [name = ''] = readdirSync(cache);
  const { size } = statSync(join(cache, name));
  for (const damaged of ['', 'rubbish', Buffer.alloc(size)]) {
    writeFileSync(join(cache, name), damaged);
    expect(await tg(machine, asked)).toEqual(whole);
    expect(Math.abs(statSync(join(cache, name)).size - size)).toBeLessThan(size / 10);
  }
});

test('uses no cache folder that others may write to or that cannot be created', async () => {
  const { machine, cache } = await newMachine();
  mkdirSync(cache);
  chmodSync(cache, 0o777);
  const { code } = await tg(machine, asked);
  expect([code, readdirSync(cache)]).toEqual([0, []]);
  rmSync(cache, { recursive: true });
  writeFileSync(cache, '');
  expect((await tg(machine, asked)).code).toBe(0);
});

test.each(['NODE_DISABLE_COMPILE_CACHE', 'NODE_V8_COVERAGE'])('caches nothing if %s is set', async (name) => {
  const { machine, cache } = await newMachine();
  const env = { ...machine.env, [name]: machine.temp };
  expect((await tg({ ...machine, env }, asked)).code).toBe(0);
  expect(readdirSync(join(cache, '..'))).toEqual([]);
});
