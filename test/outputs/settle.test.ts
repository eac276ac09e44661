import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instanceFiles } from '../../src/outputs/layout.ts';
import { settleInstance } from '../../src/outputs/settle.ts';
import { tempDir } from '../support/temp.ts';

/** What run.out is after settling what was captured and what the SDK wrote itself (undefined: nothing). */
async function settled(captured: string, own: string | undefined): Promise<string> {
  const dir = await tempDir();
  writeFileSync(join(dir, instanceFiles.capturedOut), captured);
  writeFileSync(join(dir, instanceFiles.capturedErr), '');
  if (own !== undefined) writeFileSync(join(dir, instanceFiles.out), own);
  await settleInstance(dir);
  expect(existsSync(join(dir, instanceFiles.capturedOut))).toBe(false);
  expect(readFileSync(join(dir, instanceFiles.err), 'utf8')).toBe('');
  return readFileSync(join(dir, instanceFiles.out), 'utf8');
}

test.each([
  ['an SDK that only prints', 'a\nb\n', undefined, 'a\nb\n'],
  ['an SDK that prints what it writes', 'a\nb\n', 'a\nb\n', 'a\nb\n'],
  ['a plan that prints more than its SDK writes', 'a\nmore\nb\n', 'a\nb\n', 'a\nmore\nb\n'],
  ['an SDK whose file got ahead of what it printed', 'a\n', 'a\nb\n', 'a\nb\n'],
  ['an SDK that writes and does not print', '', 'a\nb\n', 'a\nb\n'],
  ['what was printed twice stays twice', 'a\na\n', 'a\n', 'a\na\n'],
  ['what was printed once and written twice is twice', 'a\n', 'a\na\n', 'a\na\n'],
  ['a last line without its end', 'a\nb', 'a\nc\n', 'a\nb\nc\n'],
  ['another order', 'b\na\n', 'a\nb\n', 'b\na\n'],
  ['an event whose time was taken anew', '{"e":1,"ts":5}\n', '{"e":1,"ts":6}\n', '{"e":1,"ts":5}\n'],
  [
    'events that differ in more than their time',
    '{"e":{"ts":1},"ts":5}\n',
    '{"e":{"ts":2},"ts":5}\n',
    '{"e":{"ts":1},"ts":5}\n{"e":{"ts":2},"ts":5}\n',
  ],
  [
    'an event that was written more often than printed, each time at another time',
    '{"e":1,"ts":5}\nx\n',
    '{"e":1,"ts":6}\n{"e":1,"ts":7}\n',
    '{"e":1,"ts":5}\nx\n{"e":1,"ts":7}\n',
  ],
  ['what only looks like JSON', '{no\n', '{no\n{yes\n', '{no\n{yes\n'],
])('%s', async (_, captured, own, expected) => {
  expect(await settled(captured, own)).toBe(expected);
});

test('property: every line is there as often as where it is most often', async () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'dd', ''), { maxLength: 12 });
  const count = (all: readonly string[], line: string) => all.filter((other) => other === line).length;
  await fc.assert(
    fc.asyncProperty(lines, lines, async (captured, own) => {
      const text = (all: readonly string[]) => all.map((line) => `${line}\n`).join('');
      const result = (await settled(text(captured), text(own))).split('\n').slice(0, -1);
      for (const line of new Set([...captured, ...own])) {
        expect(count(result, line)).toBe(Math.max(count(captured, line), count(own, line)));
      }
    }),
    { numRuns: 100 },
  );
});

test('settling twice changes nothing', async () => {
  const dir = await tempDir();
  writeFileSync(join(dir, instanceFiles.capturedOut), 'a\n');
  await settleInstance(dir);
  await settleInstance(dir);
  expect(readFileSync(join(dir, instanceFiles.out), 'utf8')).toBe('a\n');
});
