import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { finalizeInstance } from '../../src/outputs/finalize.ts';
import { instanceFiles } from '../../src/outputs/layout.ts';
import { tempDir } from '../support/temp.ts';

/** Returns the run.out made from the captured output and from what the SDK wrote itself (undefined: nothing). */
async function finalized(captured: string, own: string | undefined): Promise<string> {
  const dir = await tempDir();
  writeFileSync(join(dir, instanceFiles.capturedOut), captured);
  writeFileSync(join(dir, instanceFiles.capturedErr), '');
  if (own !== undefined) writeFileSync(join(dir, instanceFiles.out), own);
  await finalizeInstance(dir);
  expect(existsSync(join(dir, instanceFiles.capturedOut))).toBe(false);
  expect(readFileSync(join(dir, instanceFiles.err), 'utf8')).toBe('');
  return readFileSync(join(dir, instanceFiles.out), 'utf8');
}

test.each([
  ['an SDK that only prints', 'a\nb\n', undefined, 'a\nb\n'],
  ['an SDK that prints what it writes', 'a\nb\n', 'a\nb\n', 'a\nb\n'],
  ['a plan that prints more than its SDK writes', 'a\nmore\nb\n', 'a\nb\n', 'a\nmore\nb\n'],
  ['an SDK that wrote more than it printed', 'a\n', 'a\nb\n', 'a\nb\n'],
  ['an SDK that writes and does not print', '', 'a\nb\n', 'a\nb\n'],
  ['a line that was printed twice stays twice', 'a\na\n', 'a\n', 'a\na\n'],
  ['a line that was printed once and written twice is there twice', 'a\n', 'a\na\n', 'a\na\n'],
  ['a last line without a line break', 'a\nb', 'a\nc\n', 'a\nb\nc\n'],
  ['lines in a different order', 'b\na\n', 'a\nb\n', 'b\na\n'],
  [
    'an event that was printed and written with different times',
    '{"e":1,"ts":5}\n',
    '{"e":1,"ts":6}\n',
    '{"e":1,"ts":5}\n',
  ],
  [
    'events that differ in more than their time',
    '{"e":{"ts":1},"ts":5}\n',
    '{"e":{"ts":2},"ts":5}\n',
    '{"e":{"ts":1},"ts":5}\n{"e":{"ts":2},"ts":5}\n',
  ],
  [
    'an event that was written more often than printed, with a different time each time',
    '{"e":1,"ts":5}\nx\n',
    '{"e":1,"ts":6}\n{"e":1,"ts":7}\n',
    '{"e":1,"ts":5}\nx\n{"e":1,"ts":7}\n',
  ],
  ['lines that only look like JSON', '{no\n', '{no\n{yes\n', '{no\n{yes\n'],
])('makes run.out: %s', async (_, captured, own, expected) => {
  expect(await finalized(captured, own)).toBe(expected);
});

test('property: run.out has each line as often as the source that has it most often', async () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'dd', ''), { maxLength: 12 });
  const count = (all: readonly string[], line: string) => all.filter((other) => other === line).length;
  await fc.assert(
    fc.asyncProperty(lines, lines, async (captured, own) => {
      const text = (all: readonly string[]) => all.map((line) => `${line}\n`).join('');
      const result = (await finalized(text(captured), text(own))).split('\n').slice(0, -1);
      for (const line of new Set([...captured, ...own])) {
        expect(count(result, line)).toBe(Math.max(count(captured, line), count(own, line)));
      }
    }),
    { numRuns: 100 },
  );
});

const mebibyte = 1024 * 1024;

describe('an event of more than 1 MiB that was printed and written with different times', () => {
  const text = 'x'.repeat(2 * mebibyte);
  test.each([
    ['sdk-go', (ts: number) => `{"ts":${ts},"msg":"","event":{"message_event":{"message":"${text}"}}}`],
    ['sdk-js', (ts: number) => `{"event":{"message_event":{"message":"${text}"}},"ts":${ts}}`],
    ['old', (ts: number) => `{"ts": ${ts}, "event": {"type": "message", "message": "${text}"}}`],
  ])('is in run.out once: %s', async (_, event) => {
    // Times of different lengths, so that one line can exceed a limit that the other keeps.
    const [captured, own] = [`${event(99)}\n`, `${event(1_700_000_000_000_000_000)}\n`];
    expect((await finalized(captured, own)) === captured).toBe(true);
  });

  test.each([
    ['different texts', `{"ts":1,"a":"${text}y"}`, `{"ts":2,"a":"${text}z"}`],
    ['different times inside', `{"ts":1,"a":{"ts":1,"b":"${text}"}}`, `{"ts":2,"a":{"ts":2,"b":"${text}"}}`],
    ['strings as times', `{"ts":"1","a":"${text}"}`, `{"ts":"2","a":"${text}"}`],
    ['no complete object', `{"ts":1,"a":"${text}`, `{"ts":2,"a":"${text}`],
    ['more text after the object', `{"ts":1,"a":"${text}"} x`, `{"ts":2,"a":"${text}"} x`],
    ['a time in only one of them', `{"ts":,"a":"${text}"}`, `{"ts":2,"a":"${text}"}`],
  ])('is in run.out twice if the copies have %s', async (_, captured, own) => {
    expect((await finalized(`${captured}\n`, `${own}\n`)) === `${captured}\n${own}\n`).toBe(true);
  });
});

test('property: run.out has each event as often as the source that has it most often, whatever its length and times', async () => {
  // Around the size of one read, and around the size that was once held in memory.
  const length = fc.oneof(
    fc.nat(40),
    fc.integer({ min: 65_480, max: 65_560 }),
    fc.integer({ min: mebibyte - 60, max: mebibyte + 20 }),
  );
  const message = fc.record({ letter: fc.constantFrom('a', '"', '\\', 'é', '}'), length });
  const event = fc.record({ message, ts: fc.nat(), isFirst: fc.boolean() });
  const events = fc.array(event, { maxLength: 4 });
  const line = ({ message: { letter, length: count }, ts, isFirst }: Event) => {
    const its = { event: { message_event: { message: letter.repeat(count) } } };
    return JSON.stringify(isFirst ? { ts, ...its } : { ...its, ts });
  };
  type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;
  const kindOf = (text: string) => text.replace(/"ts":\d+/, '');
  const count = (all: readonly string[], kind: string) => all.filter((each) => kindOf(each) === kind).length;
  await fc.assert(
    fc.asyncProperty(events, events, fc.infiniteStream(fc.nat()), async (printed, more, times) => {
      // The printed events with different times, and some more.
      const written = [...printed.map((each) => ({ ...each, ts: times.next().value })), ...more];
      const [captured, own] = [printed.map(line), written.map(line)];
      const text = (all: readonly string[]) => all.map((each) => `${each}\n`).join('');
      const result = (await finalized(text(captured), text(own))).split('\n').slice(0, -1);
      const kinds = new Set([...captured, ...own].map(kindOf));
      for (const kind of kinds)
        expect(count(result, kind)).toBe(Math.max(count(captured, kind), count(own, kind)));
      expect(new Set(result.map(kindOf))).toEqual(kinds);
    }),
    { numRuns: 30 },
  );
});

test('finalizing twice changes nothing', async () => {
  const dir = await tempDir();
  writeFileSync(join(dir, instanceFiles.capturedOut), 'a\n');
  await finalizeInstance(dir);
  await finalizeInstance(dir);
  expect(readFileSync(join(dir, instanceFiles.out), 'utf8')).toBe('a\n');
});
