import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { finalizeInstance } from '../../src/outputs/finalize.ts';
import { instanceFiles } from '../../src/outputs/layout.ts';
import { tempDir } from '../support/temp.ts';

/** What run.out is after settling what was captured and what the SDK wrote itself (undefined: nothing). */
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
  expect(await finalized(captured, own)).toBe(expected);
});

test('property: every line is there as often as where it is most often', async () => {
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

describe('an event of more than a mebibyte, at another time where it was written than where it was printed', () => {
  const text = 'x'.repeat(2 * mebibyte);
  test.each([
    ['sdk-go', (ts: number) => `{"ts":${ts},"msg":"","event":{"message_event":{"message":"${text}"}}}`],
    ['sdk-js', (ts: number) => `{"event":{"message_event":{"message":"${text}"}},"ts":${ts}}`],
    ['old', (ts: number) => `{"ts": ${ts}, "event": {"type": "message", "message": "${text}"}}`],
  ])('is there once: %s', async (_, event) => {
    // Times of different lengths, which take the line over any bound.
    const [captured, own] = [`${event(99)}\n`, `${event(1_700_000_000_000_000_000)}\n`];
    expect((await finalized(captured, own)) === captured).toBe(true);
  });

  test.each([
    ['another text', `{"ts":1,"a":"${text}y"}`, `{"ts":2,"a":"${text}z"}`],
    ['another time inside', `{"ts":1,"a":{"ts":1,"b":"${text}"}}`, `{"ts":2,"a":{"ts":2,"b":"${text}"}}`],
    ['a time that is a text', `{"ts":"1","a":"${text}"}`, `{"ts":"2","a":"${text}"}`],
    ['no whole object', `{"ts":1,"a":"${text}`, `{"ts":2,"a":"${text}`],
    ['more after the object', `{"ts":1,"a":"${text}"} x`, `{"ts":2,"a":"${text}"} x`],
    ['no time at all', `{"ts":,"a":"${text}"}`, `{"ts":2,"a":"${text}"}`],
  ])('is there twice where it has %s', async (_, captured, own) => {
    expect((await finalized(`${captured}\n`, `${own}\n`)) === `${captured}\n${own}\n`).toBe(true);
  });
});

test('property: events of any length are there as often as where they are most often, whatever their times', async () => {
  // Around the length of what is read at once, and of what was held at once.
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
      // What was printed, written at other times, and more.
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

test('settling twice changes nothing', async () => {
  const dir = await tempDir();
  writeFileSync(join(dir, instanceFiles.capturedOut), 'a\n');
  await finalizeInstance(dir);
  await finalizeInstance(dir);
  expect(readFileSync(join(dir, instanceFiles.out), 'utf8')).toBe('a\n');
});
