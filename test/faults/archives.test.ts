import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import {
  appendFile,
  chmod,
  cp,
  mkdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fault, runFault } from '../support/faults.ts';
import { sdkPlanWith } from '../support/plans.ts';
import { entriesOf, idOnceSaid, outputsOf, single, someMachine, startTg, tg } from '../support/tg.ts';
import { until } from '../support/until.ts';

/** Unpacks an archive with the system's tar, as its recipient would. */
function unpacked(cwd: string, file: string): string {
  const dir = mkdtempSync(join(cwd, 'unpacked-'));
  execFileSync('tar', ['xzf', join(cwd, file), '-C', dir]);
  return dir;
}

describe('an archive', () => {
  test('omits and names pipes, sockets, devices, and links that lead outside the run', async () => {
    const run = await runFault(await someMachine(), 'odd-files');
    const inFolder = run.archive.filter((name) => /^single\/0\/(?!results|diagnostics)/.test(name));
    expect(inFolder).toEqual([
      'single/0/',
      'single/0/link-inside',
      'single/0/link-to-nothing',
      'single/0/plain.txt',
      'single/0/run.err',
      'single/0/run.out',
    ]);
    for (const text of [
      'left out of the archive: "single/0/fifo", a pipe',
      'left out of the archive: "single/0/socket", a socket',
      'left out of the archive: "single/0/link-outside", a link that points outside the run: /etc/passwd',
      'left out of the archive: "single/0/link-up", a link that points outside the run: ../../../../../..',
    ])
      expect(run.stdout).toContain(text);
    const device = join(await outputsOf(run.machine, run.runId), 'single', '0', 'null');
    // Making devices takes a privilege that even root may lack.
    const isMade = spawnSync('mknod', [device, 'c', '1', '3']).status === 0;
    const again = await tg(run.machine, ['collect', run.runId, '-o', 'again.tgz']);
    expect(again.stdout.includes('"single/0/null", a device')).toBe(isMade);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('"single/0/fifo", a pipe')]);
    const dir = unpacked(run.machine.cwd, 'again.tgz');
    expect(await readlink(join(dir, run.runId, 'single/0/link-inside'))).toBe('plain.txt');
  });

  test('keeps names with newlines, names of 255 bytes, and deep folders', async () => {
    const run = await runFault(await someMachine(), 'odd-names');
    expect(run.code).toBe(0);
    const dir = join(unpacked(run.machine.cwd, 'archive.tgz'), run.runId, 'single', '0');
    const there = join(await outputsOf(run.machine, run.runId), 'single', '0');
    expect(readdirSync(dir, { recursive: true }).sort()).toEqual(
      readdirSync(there, { recursive: true }).sort(),
    );
    expect(readdirSync(dir)).toEqual(
      expect.arrayContaining(['two\nlines', 'x'.repeat(255), 'ä'.repeat(127)]),
    );
    expect(readFileSync(join(dir, 'd'.repeat(255), 'e'.repeat(255), 'deep'), 'utf8')).toBe('deep');
  });

  test('of the same outputs is byte-identical with --deterministic, whatever their modification times', async () => {
    const run = await runFault(await someMachine(), 'succeeds-twice', '-i', '12');
    const pack = async (file: string, ...more: string[]) => {
      expect((await tg(run.machine, ['collect', run.runId, '-o', file, ...more])).code).toBe(0);
      return readFileSync(join(run.machine.cwd, file));
    };
    const outputs = await outputsOf(run.machine, run.runId);
    const before = [await pack('a.tgz', '--deterministic'), await pack('b.tgz')];
    await cp(outputs, `${outputs}.copy`, { recursive: true });
    await rm(outputs, { recursive: true });
    await rename(`${outputs}.copy`, outputs);
    utimesSync(join(outputs, 'single', '3', 'run.out'), 1_000, 1_000);
    const after = [await pack('c.tgz', '--deterministic'), await pack('d.tgz')];
    expect(before[0]?.equals(after[0] ?? Buffer.alloc(0))).toBe(true);
    expect(before[1]?.equals(after[1] ?? Buffer.alloc(0))).toBe(false);
    expect(await entriesOf(join(run.machine.cwd, 'c.tgz'))).toContain(`${run.runId}/single/11/run.out`);
  });

  test('contains a growing file as it was when it was packed', async () => {
    const machine = await someMachine();
    const run = startTg(machine, fault('grows', '-i', '1'));
    const runId = await idOnceSaid(run, 'growing');
    const file = join(await outputsOf(machine, runId), 'single', '0', 'grows.txt');
    await until(async () => ((await stat(file).catch(() => undefined))?.size ?? 0) >= 100_000);
    for (const name of ['1.tgz', '2.tgz', '3.tgz']) {
      expect((await tg(machine, ['collect', runId, '-o', name])).code).toBe(0);
      const text = readFileSync(join(unpacked(machine.cwd, name), runId, 'single/0/grows.txt'), 'utf8');
      expect(text.replaceAll('0123456789\n', '').length).toBeLessThan(11);
    }
    run.kill('SIGINT');
    await run;
  });

  test('omits and names files that cannot be read', async () => {
    const machine = await someMachine();
    const { runId } = await tg(machine, fault('succeeds-twice', '-i', '1'));
    const folder = join(await outputsOf(machine, runId), 'single', '0');
    await appendFile(join(folder, 'locked'), 'x');
    await chmod(join(folder, 'locked'), 0);
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/bad`), Buffer.from([0xff, 0xfe])]), 'x');
    const run = await tg(machine, ['collect', runId]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('it cannot be read: ENOENT');
    // Root reads everything, unless its capabilities were taken away.
    const isReadable = await readFile(join(folder, 'locked')).then(
      () => true,
      () => false,
    );
    expect(run.stdout.includes('"single/0/locked", it cannot be read: EACCES')).toBe(!isReadable);
    expect(await entriesOf(join(machine.cwd, `${runId}.tgz`))).toContain(`${runId}/single/0/run.out`);
  });

  test('has only paths below the run ID, whatever the names of groups and files', async () => {
    const machine = await someMachine();
    const groups = ['@one', '-C', 'two words', 'back\\slash', '*', '~'];
    const plan = await sdkPlanWith('');
    const composition = `
      global = { plan = "${plan}", case = "t", builder = "exec:node", runner = "local:exec" }
      groups = [${groups.map((id) => `{ id = ${JSON.stringify(id)}, instances = { count = 1 } }`)}]`;
    await writeFile(join(machine.cwd, 'c.toml'), composition);
    const run = await tg(machine, ['run', 'composition', '-f', 'c.toml']);
    expect(run.code).toBe(0);
    const outputs = await outputsOf(machine, run.runId);
    await mkdir(join(outputs, '@one', '0', '...'));
    await appendFile(join(outputs, '@one', '0', '...', '..a'), 'x');
    await appendFile(join(outputs, '@x'), 'x');
    expect((await tg(machine, ['collect', run.runId, '-o', 'a.tgz'])).code).toBe(0);
    const names: string[] = await entriesOf(join(machine.cwd, 'a.tgz'));
    expect(
      names.filter((name) => !name.startsWith(`${run.runId}/`) || name.split('/').includes('..')),
    ).toEqual([]);
    const packed = [...groups.map((group) => `${group}/0/run.out`), '@x', '@one/0/.../..a'];
    expect(names).toEqual(expect.arrayContaining(packed.map((name) => `${run.runId}/${name}`)));
    const dir = unpacked(machine.cwd, 'a.tgz');
    expect(readdirSync(dir)).toEqual([run.runId]);
    expect(readdirSync(join(dir, run.runId))).toEqual(expect.arrayContaining(groups));
  });
});

/**
 * Ends the process when a partial file is to be opened, as a signal may. Node's only thread is busy then: the file is
 * opened after the handlers of the exit.
 */
const exitAtOpen = `
const fs = require('node:fs');
const open = fs.open;
fs.open = (path, ...rest) => {
  if (!String(path).endsWith('.partial')) return open(path, ...rest);
  require('node:crypto').pbkdf2('', '', 2_000_000, 64, 'sha512', () => {});
  open(path, ...rest);
  process.exit(130);
};
`;

describe('a collect that cannot finish', () => {
  test('exits 3 and says why: the device is full', async () => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single('faults', '-t', 'succeeds-twice'));
    const full = await tg(machine, ['collect', runId, '-o', '/dev/full']);
    expect([full.code, full.all]).toEqual([3, expect.stringContaining('ENOSPC')]);
  });

  test('leaves no half-written archive when interrupted', async () => {
    const machine = await someMachine();
    const { runId } = await tg(machine, fault('floods', '-i', '1', '--max-output', '60MB', '-q'));
    const collect = startTg(machine, ['collect', runId, '-o', 'a.tgz']);
    await until(() => readdirSync(machine.cwd).length > 0);
    expect(readdirSync(machine.cwd)).toEqual([expect.stringMatching(/^\.a\.tgz\.[\w-]+\.partial$/)]);
    collect.kill('SIGINT');
    expect((await collect).exitCode).toBe(130);
    expect(readdirSync(machine.cwd)).toEqual([]);
  });

  test('leaves none when a signal ends it while a file is about to be opened', async () => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single('faults', '-t', 'succeeds-twice'));
    const preload = join(machine.cwd, '..', 'exit-at-open.cjs');
    await writeFile(preload, exitAtOpen);
    Object.assign(machine.env, { UV_THREADPOOL_SIZE: '1', NODE_OPTIONS: `--require=${preload}` });
    const { code, all } = await tg(machine, ['collect', runId, '-o', 'a.tgz']);
    expect([code, all]).toEqual([130, '']);
    expect(readdirSync(machine.cwd)).toEqual([]);
  });

  test('leaves a half-written archive when killed, which the next collect to the same path removes', async () => {
    const machine = await someMachine();
    const { runId } = await tg(machine, fault('floods', '-i', '1', '--max-output', '60MB', '-q'));
    const collect = startTg(machine, ['collect', runId, '-o', 'a.tgz']);
    await until(() => readdirSync(machine.cwd).length > 0);
    collect.kill('SIGKILL');
    await collect;
    expect(readdirSync(machine.cwd)).toHaveLength(1);
    expect((await tg(machine, ['collect', runId, '-o', 'a.tgz'])).code).toBe(0);
    expect(readdirSync(machine.cwd)).toEqual(['a.tgz']);
  });
});
