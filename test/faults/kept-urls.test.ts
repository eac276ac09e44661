import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fault } from '../support/faults.ts';
import { someMachine, tg } from '../support/tg.ts';

test.each([
  ['--redis', 'redis://me:hidden@127.0.0.1:1', 5],
  ['--influxdb', 'http://me:hidden@127.0.0.1:1', 5],
  ['--otlp', 'http://me:hidden@127.0.0.1:1', 0],
])('the password in the URL of %s is kept nowhere', async (flag, url, code) => {
  const machine = await someMachine();
  const run = await tg(machine, fault('succeeds-twice', '-i', '1', flag, url));
  expect(run.code).toBe(code);
  const files = readdirSync(machine.home, { recursive: true, withFileTypes: true });
  const kept = files.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  expect(kept.map((file) => file.split('/').at(-1))).toContain('journal.ndjson');
  expect(kept.filter((file) => readFileSync(file, 'latin1').includes('hidden'))).toEqual([]);
});
