import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { exitCodes } from '../../src/util/exit-codes.ts';
import { planWith } from '../support/plans.ts';
import { tempDir } from '../support/temp.ts';
import { ended, type Machine, onceSaid, single, someMachine, startTg, tg } from '../support/tg.ts';

const hang = 'console.log("there"); setInterval(() => {}, 1000)';

/** How to get each exit code. The table of docs/cli.md lists them all. */
const ways: Readonly<
  Record<keyof typeof exitCodes, (machine: Machine, name: 'tg' | 'testground') => Promise<number | undefined>>
> = {
  success: async (machine, name) => (await tg(machine, single(await planWith('')), name)).code,
  runFailed: async (machine, name) =>
    (await tg(machine, single(await planWith('process.exit(9)')), name)).code,
  usage: async (machine, name) => (await tg(machine, single('no-such-plan'), name)).code,
  collectFailed: async (machine, name) => (await tg(machine, ['collect', 'no-such-run'], name)).code,
  buildFailed: async (machine, name) => (await tg(machine, single(await planWith('const = 1')), name)).code,
  environment: async (machine, name) =>
    (await tg(machine, single(await planWith(''), '--redis', 'redis://127.0.0.1:1'), name)).code,
  unknown: async (machine, name) =>
    (await tg(machine, single(await planWith('', { manifest: 'sdk = true' })), name)).code,
  timedOut: async (machine, name) =>
    (await tg(machine, single(await planWith(hang), '--timeout', '300ms'), name)).code,
  bug: async (machine, name) => {
    const file = join(await tempDir(), 'broken.mjs');
    await writeFile(
      file,
      `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
       fs.mkdtempSync = () => { throw new TypeError('broken on purpose'); }; syncBuiltinESMExports();`,
    );
    const env = { ...machine.env, NODE_OPTIONS: `--import ${pathToFileURL(file)}` };
    const { code, stderr } = await tg({ ...machine, env }, single(await planWith('')), name);
    expect(stderr).toMatch(/^This is a bug in tg; .*\nTypeError: broken on purpose\n {4}at /);
    return code;
  },
  interrupted: (machine, name) => endedBy(machine, name, 'SIGINT'),
  terminated: (machine, name) => endedBy(machine, name, 'SIGTERM'),
};

async function endedBy(
  machine: Machine,
  name: 'tg' | 'testground',
  signal: NodeJS.Signals,
): Promise<number | undefined> {
  const run = startTg(machine, single(await planWith(hang)), name);
  await onceSaid(run, 'there');
  run.kill(signal);
  return ended(await run).code;
}

const table = (await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8')).matchAll(
  /^\| (\d+) +\| .* \| (\d+) +\|$/gm,
);
const documented = [...table].map(([, own, peer]) => [Number(own), Number(peer)] as const);

test('the table of docs/cli.md has every exit code once', () => {
  expect(documented.map(([own]) => own)).toEqual(Object.values(exitCodes));
});

describe.concurrent('the exit code', () => {
  test.each(Object.entries(exitCodes))('of tg for %s is %i', async (name, code) => {
    expect(await ways[name as keyof typeof exitCodes](await someMachine(), 'tg')).toBe(code);
  });

  test.each(Object.entries(exitCodes))('of testground for %s is the documented one', async (name, code) => {
    const asPeer = documented.find(([own]) => own === code)?.[1];
    expect(await ways[name as keyof typeof exitCodes](await someMachine(), 'testground')).toBe(asPeer);
  });
});

test('exits 5 and names a report that cannot be written; the other reports are written', async () => {
  const machine = await someMachine();
  const reports = ['--result-file', '/dev/full', '--junit', 'j.xml'];
  const { code, stdout } = await tg(machine, single(await planWith(''), ...reports));
  expect([code, stdout]).toEqual([5, expect.stringContaining('/dev/full: the results cannot be written')]);
  expect(await readFile(join(machine.cwd, 'j.xml'), 'utf8')).toContain('<testcase ');
});
