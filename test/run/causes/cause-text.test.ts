import { expect, test } from 'vitest';
import type { Cause } from '../../../src/run/causes/cause.ts';
import { causeLines } from '../../../src/run/causes/cause-text.ts';

/** The quoted lines below `stack:` or `stderr:` of an instance that printed these lines. */
function quoted(stack: readonly string[], lines = 3): string[] {
  const example = {
    group: 'g',
    index: 0,
    at_ms: 1,
    reason: 'exited with status 1',
    stack,
    source: null,
    last_lines: [],
  };
  const cause: Cause = { kind: 'failed', text: 'exited', count: 1, instances: 'g[0]', example, stall: null };
  const causes = { causes: [cause], more_causes: 0, consequences: '' };
  return causeLines(causes, { named: 1, detailed: 1, lines })
    .slice(1)
    .map(({ text }) => text);
}

const log = ['main.go:1: one', 'main.go:2: two', 'main.go:3: three', 'main.go:4: four'];

test('of a log on stderr, the end is shown', () => {
  expect(quoted(log)).toEqual(['stderr:', ...log.slice(-3)]);
});

test('a stack is shown from its error on, whatever was logged before', () => {
  const stack = ['Error: no', '    at f (a.mjs:1:1)', '    at g (a.mjs:2:1)', '    at h (a.mjs:3:1)'];
  expect(quoted([...log, ...stack])).toEqual([
    'stack:',
    'Error: no',
    '  at f (a.mjs:1:1)',
    '  at g (a.mjs:2:1)',
  ]);
});

test('of a traceback of Python, the end with the error is shown', () => {
  const traceback = [
    'Traceback (most recent call last):',
    '  File "a.py", line 1',
    '    f()',
    'ValueError: no',
  ];
  expect(quoted(traceback)).toEqual(['stack:', '  File "a.py", line 1', '  f()', 'ValueError: no']);
});

test('of a Go program with the stacks of all goroutines, that of the one that crashed is shown', () => {
  const goroutine = (name: string, state: string) => [
    `goroutine 1 [${state}]:`,
    `main.${name}(...)`,
    '\tmain.go:12',
  ];
  const crash = ['panic: no', '', ...goroutine('commit', 'running'), ...goroutine('serve', 'chan receive')];
  expect(quoted([...log, ...crash], 10)).toEqual(['stack:', 'panic: no', 'main.commit(...)', '  main.go:12']);
});

test('of an error of V8, its own frames are not shown', () => {
  const error = 'FATAL ERROR: Allocation failed - JavaScript heap out of memory';
  const frames = [
    ' 1: 0xf5be47  [/usr/bin/node]',
    '12: 0xf5d80c v8::internal::Heap::Collect() [/usr/bin/node]',
  ];
  expect(quoted([error, '----- Native stack trace -----', ...frames])).toEqual([
    'stderr:',
    error,
    '----- Native stack trace -----',
  ]);
});
