import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import * as fc from 'fast-check';
import { create } from 'tar';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeWork } from '../../src/builders/store/remove-work.ts';
import { homeOf } from '../../src/os/home.ts';
import { removeTree } from '../../src/os/remove-tree.ts';
import { planWith } from '../support/plans.ts';
import { folderWith, tempDir } from '../support/temp.ts';
import { idOnceSaid, type Machine, outputsOf, single, someMachine, startTg, tg } from '../support/tg.ts';
import { giveAway, unprivilegedTg } from '../support/unprivileged.ts';

const everything = ['prune', '--older-than', '0s', '--yes'];
const stays = 'console.log("here I am"); setInterval(() => {}, 1000)';

function workIn(machine: Machine): string {
  return join(machine.home, 'data', 'work');
}

/** Dates these files and folders back by 30 days. */
function makeOld(...paths: string[]): void {
  const longAgo = new Date(Date.now() - 30 * 24 * 3_600_000);
  for (const path of paths) utimesSync(path, longAgo, longAgo);
}

/** A file of the user, in a folder whose name tg might take for one of its own. */
function foreign(dir: string): string {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'precious.txt');
  writeFileSync(file, 'mine');
  makeOld(file, dir);
  return file;
}

/** Serves an npm package on a loopback address. */
async function packageServer(): Promise<Server> {
  const dir = await folderWith({
    'package/package.json': '{"name":"word","version":"1.0.0","main":"word.js"}',
    'package/word.js': 'module.exports = "packaged";',
  });
  await create({ cwd: dir, file: join(dir, 'word.tgz'), gzip: true }, ['package']);
  const server = createServer((_, response) => response.end(readFileSync(join(dir, 'word.tgz'))));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

/** The package files of a plan; npm installs its packages into the home. */
function lockedTo(server: Server): Record<string, string> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/word.tgz`;
  const dependencies = { word: '1.0.0' };
  const about = { name: 'p', version: '1.0.0' };
  const packages = {
    '': { ...about, dependencies },
    'node_modules/word': { version: '1.0.0', resolved: url },
  };
  return {
    'package.json': JSON.stringify({ ...about, dependencies }),
    'package-lock.json': JSON.stringify({ ...about, lockfileVersion: 3, requires: true, packages }),
  };
}

let server: Server;
beforeAll(async () => {
  server = await packageServer();
});
afterAll(() => {
  server.close();
});

describe.concurrent('tg prune keeps what tg did not make', () => {
  test.each([
    'my-folder',
    'exec-node--mine-0123456789ab',
    'npm--0123456789ab',
    'cargo-target--mine-0123456789ab',
    'inputs--0123456789ab.json',
    'exec-node--mine-0123456789ab.0123456789ab.partial',
    'something.partial',
    'lease-0.0123456789ab',
  ])('a folder called %s among the artifacts', async (name) => {
    const machine = await someMachine();
    await tg(machine, ['build', 'single', '-p', await planWith('')]);
    const file = foreign(join(workIn(machine), name));
    const { code, stdout } = await tg(machine, everything);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^removed 1, /m)]);
    expect(stdout).not.toContain(name);
    expect((await tg(machine, ['doctor', '--fix'])).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  test('files, and links to an artifact, among the artifacts', async () => {
    const machine = await someMachine();
    const key = (await tg(machine, ['build', 'single', '-q', '-p', await planWith('')])).stdout.trim();
    const elsewhere = join(await tempDir(), key);
    renameSync(join(workIn(machine), key), elsewhere);
    makeOld(join(elsewhere, 'artifact.json'));
    symlinkSync(elsewhere, join(workIn(machine), key));
    const file = join(workIn(machine), 'inputs--0123456789ab.json');
    writeFileSync(file, 'notes');
    makeOld(file);
    expect((await tg(machine, everything)).stdout).toBe('nothing is older than 0s\n');
    expect([existsSync(join(elsewhere, 'artifact.json')), existsSync(file)]).toEqual([true, true]);
    expect(lstatSync(join(workIn(machine), key)).isSymbolicLink()).toBe(true);
  });

  test('a folder named like a run, and links, among the outputs', async () => {
    const machine = await someMachine();
    const { runId } = await tg(machine, single(await planWith('')));
    const outputs = await outputsOf(machine, runId);
    const home = dirname(dirname(outputs));
    const file = foreign(join(home, 'mine', '0123456789abcdefghij'));
    const elsewhere = join(await tempDir(), runId);
    renameSync(outputs, elsewhere);
    symlinkSync(elsewhere, outputs);
    symlinkSync(dirname(elsewhere), join(home, 'linked'));
    expect((await tg(machine, [...everything, '--runs'])).stdout).toBe('nothing is older than 0s\n');
    expect([readFileSync(file, 'utf8'), existsSync(join(elsewhere, 'result.json'))]).toEqual(['mine', true]);
  });
});

describe.concurrent('tg prune', () => {
  test('keeps artifacts and packages that an active run uses, as build purge does, and removes the rest', async () => {
    const machine = await someMachine();
    const plan = await planWith(stays, { files: lockedTo(server) });
    const old = (await tg(machine, ['build', 'single', '-q', '-p', plan])).stdout.trim();
    writeFileSync(join(plan, 'index.mjs'), `${stays}\n`);
    const run = startTg(machine, single(plan));
    const id = await idOnceSaid(run, 'here I am');
    const used =
      readdirSync(workIn(machine)).find((name) => name.startsWith('exec-node') && name !== old) ?? '';
    const packages = readdirSync(workIn(machine)).find((name) => name.startsWith('npm--')) ?? '';
    makeOld(join(workIn(machine), used, 'artifact.json'), join(workIn(machine), packages));
    const pruned = await tg(machine, everything);
    expect([pruned.code, pruned.stdout]).toEqual([0, expect.stringMatching(/^removed 1, /m)]);
    expect(pruned.stderr).toBe(`run ${id} is active: the artifacts that it uses are kept\n`);
    const purged = await tg(machine, ['build', 'purge', '-p', plan, '-b', 'exec:node']);
    expect([purged.code, purged.stderr]).toEqual([5, `kept ${used}: in use: run ${id}\n`]);
    expect(readdirSync(workIn(machine)).filter((name) => !name.startsWith('lease-'))).toEqual([
      used,
      packages,
    ]);
    // A prune that found the packages unused before the run began checks again before it removes them.
    const removed = await removeWork(
      homeOf({ TESTGROUND_HOME: machine.home }),
      join(workIn(machine), packages),
    );
    expect(removed).toBe(`in use: run ${id}`);
    run.kill('SIGINT');
    await run;
    expect((await tg(machine, ['build', 'purge', '-p', plan, '-b', 'exec:node'])).stdout).toContain(
      `removed ${used}`,
    );
    expect(readdirSync(workIn(machine))).toEqual([packages]);
  });

  test('keeps npm packages as long as an artifact in the home uses them, and removes them with it', async () => {
    const machine = await someMachine();
    const plan = await planWith('import word from "word"; console.log(word);', { files: lockedTo(server) });
    const { runId } = await tg(machine, single(plan));
    const packages = readdirSync(workIn(machine)).find((name) => name.startsWith('npm--')) ?? '';
    makeOld(join(workIn(machine), packages));
    expect((await tg(machine, ['prune', '--older-than', '7d', '--yes'])).stdout).toBe(
      'nothing is older than 7d\n',
    );
    expect((await tg(machine, ['rerun', runId])).code).toBe(0);
    expect((await tg(machine, [...everything, '--builds'])).stdout).toMatch(/^removed 2, /m);
    expect(readdirSync(workIn(machine))).toEqual([]);
  });

  test('removes artifacts despite a lease that a killed tg left behind', async () => {
    const machine = await someMachine();
    const run = startTg(machine, single(await planWith(stays)));
    await idOnceSaid(run, 'here I am');
    const lease = readdirSync(workIn(machine)).find((name) => name.startsWith('lease-')) ?? '';
    const text = readFileSync(join(workIn(machine), lease), 'utf8');
    run.kill('SIGINT');
    await run;
    writeFileSync(join(workIn(machine), lease), text);
    expect((await tg(machine, [...everything, '--builds'])).stdout).toMatch(/^removed 1, /m);
    expect(readdirSync(workIn(machine))).toEqual([]);
  });
});

describe.concurrent('where permissions forbid removal', { tags: ['setpriv'] }, () => {
  const readOnly = `
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
const dir = process.env.TEST_OUTPUTS_PATH + '/cache/deep';
mkdirSync(dir, { recursive: true });
writeFileSync(dir + '/file', '');
chmodSync(dir, 0o500); chmodSync(dir + '/..', 0o500);`;

  /** A machine of an unprivileged user, and a plan that this user can read. */
  async function someones(code: string): Promise<{ machine: Machine; plan: string }> {
    const [machine, plan] = [await someMachine(), await planWith(code)];
    await giveAway(dirname(machine.cwd), plan);
    return { machine, plan };
  }

  test('read-only folders of a plan stop neither repeated runs nor JUnit, and prune removes them', async () => {
    const { machine, plan } = await someones(readOnly);
    const repeated = await unprivilegedTg(machine, single(plan, '--repeat', '4', '--junit', 'j.xml'));
    expect([repeated.code, repeated.stderr]).toEqual([0, '']);
    expect(readFileSync(join(machine.cwd, 'j.xml'), 'utf8').match(/<testcase /g)).toHaveLength(4);
    const left = readdirSync(join(machine.home, 'data', 'outputs', 'local_exec', 'p'));
    expect(left).toEqual([expect.stringMatching(/^\w{20}$/), 'latest']);
    const pruned = await unprivilegedTg(machine, [...everything, '--runs']);
    // The run, and the record of the series.
    expect([pruned.code, pruned.stdout]).toEqual([0, expect.stringMatching(/^removed 2, /m)]);
  });

  test('doctor --fix exits 5 and names an unfinished build that it cannot remove', async () => {
    const { machine } = await someones('');
    const work = workIn(machine);
    const left = join(work, 'exec-node--p-0123456789ab.0123456789ab.partial');
    mkdirSync(join(left, 'plan'), { recursive: true });
    makeOld(left);
    await giveAway(dirname(machine.cwd));
    chmodSync(work, 0o500);
    const stays = await unprivilegedTg(machine, ['doctor', '--fix']);
    chmodSync(work, 0o700);
    expect([stays.code, stays.stdout]).toEqual([
      5,
      expect.stringMatching(/^- unfinished-builds: failed; removed 0; kept exec-node--p-\S+: EACCES/m),
    ]);
    const fixed = await unprivilegedTg(machine, ['doctor', '--fix']);
    expect([fixed.code, fixed.stdout]).toEqual([
      0,
      expect.stringContaining('- unfinished-builds: ok; removed 1\n'),
    ]);
    expect(readdirSync(work)).toEqual([]);
  });

  test('prune exits 5 and names a run that it cannot remove, and removes the others', async () => {
    const { machine, plan } = await someones('');
    const kept = await unprivilegedTg(machine, single(plan));
    const other = await folderWith({
      'manifest.toml': readFileSync(join(plan, 'manifest.toml'), 'utf8').replace('"p"', '"q"'),
      'index.mjs': '',
    });
    await giveAway(other);
    const gone = await unprivilegedTg(machine, single(other));
    const folder = dirname(await outputsOf(machine, kept.runId));
    chmodSync(folder, 0o500);
    const pruned = await unprivilegedTg(machine, [...everything, '--runs']);
    chmodSync(folder, 0o700);
    expect([pruned.code, pruned.stderr]).toEqual([5, expect.stringMatching(`^kept run ${kept.runId} .*: `)]);
    expect(pruned.stdout).toMatch(/^removed 1, /m);
    await expect(outputsOf(machine, gone.runId)).rejects.toThrow('no outputs');
  });
});

describe('removeTree', () => {
  /** A tree of folders, files and links; permissions of some folders forbid removing their content. */
  const tree = fc.letrec<{ node: Node }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('file', 'link-out', 'dangling' as const),
      fc.record({
        mode: fc.constantFrom(0o700, 0o500, 0o000),
        inside: fc.array(tie('node'), { maxLength: 4 }),
      }),
    ),
  })).node;

  test('removes a whole tree, and touches nothing outside that links lead to', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (node) => {
        const [dir, outside] = [await tempDir(), await tempDir()];
        writeFileSync(join(outside, 'file'), 'mine');
        chmodSync(outside, 0o500);
        make(join(dir, 'tree'), node as Node, outside);
        expect(await removeTree(join(dir, 'tree'))).toBeUndefined();
        expect(readdirSync(dir)).toEqual([]);
        expect(lstatSync(outside).mode & 0o777).toBe(0o500);
        expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('mine');
        chmodSync(outside, 0o700);
      }),
      { numRuns: 50 },
    );
  });

  test('removes a tree that is deeper than the longest path allowed', async () => {
    const dir = await tempDir();
    const code = `const { mkdirSync } = require('node:fs');
for (let depth = 0; depth < 30; depth++) { mkdirSync('top' + 'x'.repeat(200)); process.chdir('top' + 'x'.repeat(200)); }`;
    await execa(process.execPath, ['-e', code], { cwd: dir });
    expect(await removeTree(join(dir, `top${'x'.repeat(200)}`))).toBeUndefined();
    expect(readdirSync(dir)).toEqual([]);
  });
});

type Node = 'file' | 'link-out' | 'dangling' | { readonly mode: number; readonly inside: readonly Node[] };

function make(path: string, node: Node, outside: string): void {
  if (node === 'file') writeFileSync(path, '');
  else if (node === 'link-out') symlinkSync(outside, path);
  else if (node === 'dangling') symlinkSync(join(path, 'nowhere'), path);
  else {
    mkdirSync(path);
    for (const [index, child] of node.inside.entries()) make(join(path, String(index)), child, outside);
    chmodSync(path, node.mode);
  }
}
