import { expect, test } from 'vitest';
import { reportCauseOf } from '../../src/report/report-cause.ts';
import type { Cause } from '../../src/run/causes/cause.ts';
import type { StallSnapshot } from '../../src/run/stall/stall-record.ts';

const failed = (stack: readonly string[], last_lines: readonly string[] = []): Cause => ({
  ...{ kind: 'failed', text: 'no space', count: 1, instances: 'single[3]', stall: null },
  example: { group: 'single', index: 3, at_ms: 5, reason: 'no space', stack, source: null, last_lines },
});

test.each([
  [
    'Node',
    ['Error: no space', '    at write (src/main.ts:26:11)', '    at run (src/main.ts:9:3)'],
    'src/main.ts:26:11',
  ],
  [
    'Python',
    ['Traceback (most recent call last):', '  File "a.py", line 1', '  File "b.py", line 7', 'E'],
    'b.py:7',
  ],
  ['Go', ['panic: no space', 'main.run()', '\t/plan/main.go:12 +0x1d'], '/plan/main.go:12'],
  ['a shell', ['cp: cannot write: no space'], null],
])('names the place in the code where an instance failed: %s', (_, stack, code) => {
  expect(reportCauseOf(failed(stack)).code).toBe(code);
});

test('has the line of the source beside its place, and not again in what is known about it', () => {
  const source = { place: 'src/main.ts:26:11', text: 'throw new Error("no space");' };
  const cause = failed(['    at write (src/main.ts:26:11)']);
  const its = reportCauseOf({ ...cause, example: cause.example && { ...cause.example, source } });
  expect([its.code, its.source]).toEqual([source.place, source.text]);
  expect(JSON.stringify(its.sections)).not.toContain('throw new');
});

test('has the stack and the last output under their own headings, whole', () => {
  const stack = ['Error: no space', ...Array.from({ length: 20 }, (_, line) => `    at f (a.ts:${line}:1)`)];
  const { title, sections } = reportCauseOf(failed(stack, ['loading', 'storing']));
  expect(title).toBe('single[003] failed: no space');
  expect(sections.map(({ what, lines }) => [what, lines.length])).toEqual([
    ['stack', 20],
    ['last output', 2],
  ]);
});

test('has what instances wait for before the quotes', () => {
  const stall: StallSnapshot = {
    ...{ running: 2, more_waits: 0, elsewhere: '', busy: [] },
    waits: [
      {
        ...{ kind: 'barrier' as const, name: 'done', count: 1, target: 2, for_ms: 900, waiting: 'single[0]' },
        ...{ missing: 'single[3]', absent: [{ group: 'single', index: 3, text: 'runs' }] },
      },
    ],
  };
  const { sections } = reportCauseOf({ ...failed([], ['ready']), kind: 'timed-out', count: 2, stall });
  expect(sections[0]?.what).toBe('');
  expect(sections[0]?.lines.join('\n')).toMatch(
    /^barrier "done" \(1 of 2\).*\n.*not signalled by single\[3\]/,
  );
  expect(sections.at(-1)).toEqual({ what: 'last output', lines: ['ready'] });
});
