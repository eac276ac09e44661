import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sourceLineOf } from '../../../src/run/causes/source-line.ts';
import { tempDir } from '../../support/temp.ts';

/** A plan's folder with lines `1`, `  line 2`, … in each file. */
async function someSource(): Promise<string> {
  const dir = await tempDir();
  mkdirSync(join(dir, 'src'));
  const text = Array.from({ length: 20 }, (_, line) => `  line ${line + 1}\n`).join('');
  for (const name of ['main.go', 'src/main.ts', 'main.py', 'src/main.rs'])
    writeFileSync(join(dir, name), text);
  return dir;
}

test.each([
  ['Node', ['Error: no', '    at f (src/main.ts:12:3)', '    at src/main.ts:1:1'], 'src/main.ts:12:3', 12],
  [
    'Node, first in an SDK',
    ['Error: no', '    at f (node_modules/x/i.js:1:1)', '    at src/main.ts:7:1'],
    'src/main.ts:7:1',
    7,
  ],
  [
    'Python',
    ['Traceback (most recent call last):', '  File "main.py", line 1', '  File "main.py", line 9'],
    'main.py:9',
    9,
  ],
  ['Go', ['panic: no', 'main.run()', '\tDIR/main.go:12 +0x1d'], 'main.go:12', 12],
  ['Rust', ["thread 'main' (1) panicked at src/main.rs:4:5:", 'no'], 'src/main.rs:4:5', 4],
])('is the first of the plan in a stack: %s', async (_, stack, place, line) => {
  const dir = await someSource();
  const its = stack.map((each) => each.replace('DIR', dir));
  expect(sourceLineOf(its, [{ path: '/nowhere' }, { path: dir }])).toEqual({ place, text: `line ${line}` });
});

test('is none for a file that was changed since, behind a link, elsewhere, or without such a line', async () => {
  const dir = await someSource();
  symlinkSync(join(await someSource(), 'src'), join(dir, 'linked'));
  utimesSync(join(dir, 'main.go'), 10, 10);
  const at = (place: string, builtAtMs?: number) =>
    sourceLineOf(
      [`  at f (${place}:2:1)`],
      [{ path: dir, ...(builtAtMs === undefined ? {} : { builtAtMs }) }],
    );
  expect(at('main.go', 10_000)?.text).toBe('line 2');
  expect(at('main.go', 9_999)).toBeNull();
  expect(at('linked/main.ts')).toBeNull();
  expect(at('../main.ts')).toBeNull();
  expect(at('/etc/hosts.txt')).toBeNull();
  expect(sourceLineOf(['  at f (main.go:21:1)'], [{ path: dir }])).toBeNull();
});
