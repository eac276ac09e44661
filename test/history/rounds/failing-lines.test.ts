import { expect, test } from 'vitest';
import { FailingLines, type LineEvent } from '../../../src/history/rounds/failing-lines.ts';

function said(text: string, elapsedMs = 1, stream: LineEvent['stream'] = 'stdout'): LineEvent {
  const instance = { group: 'g', index: 0 };
  return { type: 'line', instance, stream, text, event: undefined, offset: 0, elapsedMs, at: elapsedMs };
}

test('lines of failing rounds that no passing round has are counted once a round, most rounds first', () => {
  const lines = new FailingLines();
  for (const run of ['a', 'b']) {
    lines.addFailing(run, said('lease 7 expired', 5));
    lines.addFailing(run, said('lease 8 expired', 6));
    lines.addFailing(run, said('dialling 3', 2));
  }
  lines.addFailing('b', said('late', 9));
  lines.addFailing('b', said('early', 1));
  lines.addPassing(said('dialling 4'));
  const found = lines
    .all()
    .map(({ shape, rounds, example }) => `${shape} ${rounds} ${example.runId} ${example.elapsedMs}`);
  expect(found).toEqual(['lease … expired 2 a 5', 'early 1 b 1', 'late 1 b 9']);
});

test('frames of stacks on stderr and empty lines are left out, errors are kept', () => {
  const lines = new FailingLines();
  for (const text of [
    'Error: lost',
    '    at run (file:///plan/index.mjs:3:1)',
    '\t/plan/main.go:12 +0x1d',
    '  File "/plan/main.py", line 3, in main',
    'goroutine 1 [running]:',
    '',
  ])
    lines.addFailing('a', said(text, 1, 'stderr'));
  expect(lines.all().map(({ shape }) => shape)).toEqual(['Error: lost']);
});

test('memory is bounded by the number of different lines, and that is reported', () => {
  const lines = new FailingLines();
  const word = (each: number) => [...String(each)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
  for (let each = 0; each < 50_010; each++) lines.addFailing('a', said(`line ${word(each)}`));
  expect([lines.all().length, lines.isCut]).toEqual([50_000, true]);
});
