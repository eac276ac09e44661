import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar';
import { describe, expect, test } from 'vitest';
import { type FaultRun, runFault } from '../support/faults.ts';
import { someMachine } from '../support/tg.ts';

const passed = 'success: reported success and exited with status 0';

/** The run.out of the first instance in the archive. */
async function outOf({ machine, runId }: FaultRun): Promise<Buffer> {
  await extract({ file: join(machine.cwd, 'archive.tgz'), cwd: machine.cwd });
  return await readFile(join(machine.cwd, runId, 'single', '0', 'run.out'));
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0, end = bytes.indexOf(10); end !== -1; from = end + 1, end = bytes.indexOf(10, from))
    lines.push(bytes.subarray(from, end));
  return lines;
}

describe.concurrent('every byte of the output is kept, and the verdict is right', () => {
  test.each<[string, (out: Buffer) => void]>([
    [
      'fills-its-pipe',
      (out) => expect(linesOf(out).filter((line) => line.length === 999)).toHaveLength(20_000),
    ],
    ['long-line', (out) => expect(linesOf(out).map(({ length }) => length)).toContain(100_000_000)],
    [
      'invalid-utf8',
      (out) => expect(out.includes(Buffer.from([0x0a, 0xff, 0xfe, 0xc3, 0x28, 0x0a]))).toBe(true),
    ],
    ['nul-bytes', (out) => expect(out.includes(Buffer.from('\na\0b\n\0\0\n'))).toBe(true)],
    ['half-line', (out) => expect(out.toString().endsWith('\nand then')).toBe(true)],
  ])('%s', async (testCase, check) => {
    const run = await runFault(await someMachine(), testCase, '-q');
    expect([run.code, ...run.verdicts]).toEqual([0, passed, passed]);
    check(await outOf(run));
  });

  test.each<[string, RegExp]>([
    ['half-event', /\{"ts":1,"event":\{"success_event":\{"gro$/],
    ['closes-stdout', /\nthe last word\n$/],
  ])('%s is judged incomplete', async (testCase, end) => {
    const run = await runFault(await someMachine(), testCase);
    const silent = 'incomplete: exited with status 0 and reported neither success nor failure';
    expect([run.code, ...run.verdicts]).toEqual([6, silent, passed]);
    expect((await outOf(run)).toString()).toMatch(end);
  });
});
