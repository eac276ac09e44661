import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CauseExample } from '../../../src/run/causes/cause.ts';
import { withEvidence } from '../../../src/run/causes/evidence.ts';
import { tempDir } from '../../support/temp.ts';

const example = { group: 'g', index: 3, at_ms: 5, reason: 'oops', stack: [], source: null, last_lines: [] };
const cause = { kind: 'failed', text: 'oops', count: 1, instances: 'g[3]', stall: null } as const;

/**
 * What is found in the outputs of an instance.
 * @param failure the event of its failure, as printed.
 * @param error the line of stderr that names its error.
 */
async function evidenceIn(
  files: Readonly<Record<string, string>>,
  { failure, error }: { readonly failure?: string; readonly error?: string } = {},
): Promise<CauseExample | null | undefined> {
  const runDir = await tempDir();
  mkdirSync(join(runDir, 'g', '3'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(runDir, 'g', '3', name), text);
  const causes = { causes: [{ ...cause, example }], more_causes: 0, consequences: '' };
  const found = withEvidence(causes, {
    runDir,
    planDirOf: () => '/srv/plan',
    builtFrom: { path: '/srv/source' },
    offsetsOf: () => ({
      failureOffset: offsetIn(files['run.out'], failure),
      errorOffset: offsetIn(files['run.err'], error),
    }),
    mask: (line) => line.replaceAll('hush', '***'),
  });
  return found.causes[0]?.example;
}

function offsetIn(text = '', line?: string): number | undefined {
  return line === undefined ? undefined : Buffer.from(text).indexOf(line);
}

const event = (content: object) =>
  `${JSON.stringify({ ts: 1, msg: '', group_id: 'g', run_id: 'r', event: content })}\n`;
const failure = event({ failure_event: { group: 'g', error: 'oops' } });
const message = (text: string) => event({ message_event: { message: text } });

test('has the last lines before the failure, without events and what the SDK says about itself', async () => {
  const out = [
    event({ start_event: { runenv: {} } }),
    message('waiting for network to initialize'),
    ...Array.from({ length: 7 }, (_, at) => message(`step ${at}`)),
    'printed\n',
    message('claimed sequence numbers; global=1, group(g)=1'),
    failure,
    message('said afterwards'),
  ].join('');
  const found = await evidenceIn({ 'run.out': out }, { failure });
  expect(found?.last_lines).toEqual(['step 3', 'step 4', 'step 5', 'step 6', 'printed']);
});

test('has the last lines before the failure also if megabytes follow it', async () => {
  const out = `${message('größer')}${failure}${message('x'.repeat(1_000)).repeat(3_000)}`;
  expect((await evidenceIn({ 'run.out': out }, { failure }))?.last_lines).toEqual(['größer']);
});

test('has the last lines of all output if there is no failure event', async () => {
  expect((await evidenceIn({ 'run.out': 'one\ntwo\n\n' }))?.last_lines).toEqual(['one', 'two']);
});

test('has the stack of the crash event rather than stderr, with paths in the plan', async () => {
  const stacktrace = 'goroutine 1 [running]:\nmain.main()\n\t/srv/plan/main.go:12\n\t/srv/planned.go:1\n';
  const crash = event({ crash_event: { group: 'g', error: 'oops', stacktrace } });
  const found = await evidenceIn({ 'run.out': crash, 'run.err': 'something else\n' }, { failure: crash });
  expect(found?.stack).toEqual([
    'goroutine 1 [running]:',
    'main.main()',
    '\tmain.go:12',
    '\t/srv/planned.go:1',
  ]);
});

test('has the end of stderr if there is no crash event', async () => {
  const lines = Array.from({ length: 40 }, (_, at) => `at file:///srv/plan/index.mjs:${at}`);
  const found = await evidenceIn({ 'run.err': `${lines.join('\n')}\n` });
  expect(found?.stack).toHaveLength(30);
  expect(found?.stack.at(-1)).toBe('at index.mjs:39');
});

test('has the error of a Go program with hundreds of goroutines, and the first of their stacks', async () => {
  const goroutine = (at: number) => `goroutine ${at} [chan receive]:\nmain.serve()\n\t/p/main.go:${at}\n\n`;
  const others = Array.from({ length: 300 }, (_, at) => goroutine(at + 18)).join('');
  const stack = 'goroutine 1 [running]:\nmain.commit()\n\t/p/main.go:14 +0x1d\n';
  const stderr = `${'log\n'.repeat(9)}panic: größer\n\n${stack}\n${others}exit status 2\n`;
  const found = await evidenceIn({ 'run.err': stderr }, { error: 'panic: größer' });
  expect(found?.stack.slice(0, 10)).toEqual([
    ...Array(5).fill('log'),
    'panic: größer',
    '',
    ...stack.split('\n').slice(0, 3),
  ]);
  expect(found?.stack).toHaveLength(30);
});

test('has the traceback of a Python program up to its error, without the middle of a long one', async () => {
  const frames = Array.from({ length: 40 }, (_, at) => `  File "main.py", line ${at}, in f\n    f()\n`).join(
    '',
  );
  const traceback = `Traceback (most recent call last):\n${frames}KeyError: 'quorum'\n`;
  const found = await evidenceIn({ 'run.err': `log\n${traceback}bye\n` }, { error: 'KeyError' });
  expect([found?.stack[0], found?.stack.at(-3), found?.stack.at(-1), found?.stack.length]).toEqual([
    'Traceback (most recent call last):',
    '  File "main.py", line 39, in f',
    "KeyError: 'quorum'",
    30,
  ]);
});

test('of a long file, reads the end, and leaves out a line that begins before it', async () => {
  const found = await evidenceIn({ 'run.out': `${'x'.repeat(300_000)}\nthe end\n` });
  expect(found?.last_lines).toEqual(['the end']);
});

test('has nothing of an instance without outputs', async () => {
  expect(await evidenceIn({})).toEqual(example);
});

test('hides secrets in decoded lines, and counts each line of a message', async () => {
  const found = await evidenceIn({
    'run.out': message(`${'a\n'.repeat(9)}the word is hush`),
    'run.err': 'hush\n',
  });
  expect(found?.last_lines).toEqual(['a', 'a', 'a', 'a', 'the word is ***']);
  expect(found?.stack).toEqual(['***']);
});

test('does not read through a link in the place of the folder of an instance', async () => {
  const runDir = await tempDir();
  const elsewhere = await tempDir();
  writeFileSync(join(elsewhere, 'run.out'), 'of another\n');
  mkdirSync(join(runDir, 'g'));
  symlinkSync(elsewhere, join(runDir, 'g', '3'));
  const causes = { causes: [{ ...cause, example }], more_causes: 0, consequences: '' };
  const found = withEvidence(causes, {
    runDir,
    planDirOf: () => undefined,
    builtFrom: { path: '/srv/source' },
    offsetsOf: () => ({ failureOffset: undefined, errorOffset: undefined }),
    mask: (line) => line,
  });
  expect(found.causes[0]?.example?.last_lines).toEqual([]);
});
