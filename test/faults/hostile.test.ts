import { execFileSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { instanceFiles, runFiles } from '../../src/outputs/layout.ts';
import { expectNothingLeft } from '../support/faults.ts';
import { folderWith, tempDir } from '../support/temp.ts';
import { type Ended, ended, type Machine, outputsOf, single, someMachine, startTg } from '../support/tg.ts';
import { walk } from '../support/walk.ts';

const isRoot = process.getuid?.() === 0;
/** What a plan may put in place of a file. Only root can make devices. */
const kinds = [
  'fifo',
  'socket',
  'loop',
  'link',
  'link to a folder',
  'hard link',
  'folder',
  'unreadable',
  ...(isRoot ? ['device'] : []),
];
const instances = kinds.length + 3;
const secret = 'tell-nobody';
const hostile = fileURLToPath(new URL('../support/hostile', import.meta.url));
const putProgram = join(hostile, 'put.mjs');

interface Canary {
  readonly dir: string;
  readonly before: unknown;
  look(): unknown;
}

/** A folder that no run may touch. It contains the secret: if tg masked there, it would show. */
async function someCanary(): Promise<Canary> {
  const dir = await tempDir();
  writeFileSync(join(dir, 'file'), `{"ts":1,"value":"${secret}"}\n`);
  mkdirSync(join(dir, 'folder'));
  writeFileSync(join(dir, 'folder', 'file'), secret);
  const look = () => ({
    names: walk(dir).sort(),
    text: readFileSync(join(dir, 'file'), 'utf8'),
    mode: [dir, join(dir, 'file')].map((path) => statSync(path).mode),
    changed: statSync(join(dir, 'file')).mtimeMs,
  });
  return { dir, before: look(), look };
}

async function hostilePlan(canary: string, itsKinds: readonly string[] = kinds): Promise<string> {
  const plan = await folderWith({
    'manifest.toml': `name = "hostile"
[defaults]
builder = "exec:generic"
[builders."exec:generic"]
run = "node index.mjs"
[builders."exec:node"]
[[testcases]]
name = "t"
instances = { min = 1, max = 100, default = ${instances} }
[testcases.params]
turn = { type = "int", default = 0 }
token = { type = "string", secret = true }
`,
    'attack.json': JSON.stringify({
      kinds: itsKinds,
      instanceNames: Object.values(instanceFiles),
      runNames: Object.values(runFiles),
      canary,
    }),
  });
  for (const name of ['index.mjs', 'put.mjs']) cpSync(join(hostile, name), join(plan, name));
  return plan;
}

/** Runs tg to its end, or kills it after a minute: then it has no exit code. */
async function tgWithin(machine: Machine, args: readonly string[]): Promise<Ended> {
  const run = startTg(machine, args);
  const timer = setTimeout(() => run.kill('SIGKILL'), 60_000);
  try {
    return ended(await run);
  } finally {
    clearTimeout(timer);
  }
}

/** Expects that no path and no link of an archive leads out of the folder in which it is unpacked. */
function expectContained(archive: string, dir: string): void {
  mkdirSync(dir);
  execFileSync('tar', ['xzf', archive, '-C', dir]);
  for (const name of walk(dir)) {
    let real: string;
    try {
      real = realpathSync(join(dir, name));
    } catch {
      // A dangling link.
      continue;
    }
    expect(`${real}/`.startsWith(`${realpathSync(dir)}/`), name).toBe(true);
  }
}

describe.each(kinds.map((kind, turn) => [kind, turn] as const))(
  'a run whose plan puts something else in place of every file, and of its folders: %s',
  (_, turn) => {
    let machine: Machine;
    let canary: Canary;
    let run: Ended;

    beforeAll(async () => {
      machine = await someMachine();
      canary = await someCanary();
      const builder = turn % 2 === 0 ? 'exec:generic' : 'exec:node';
      const params = ['--tp', `turn=${turn}`, '--tp', `token=${secret}`];
      const plan = await hostilePlan(canary.dir);
      run = await tgWithin(machine, single(plan, '-b', builder, '-o', 'run.tgz', ...params));
    }, 120_000);

    test('ends in order without success, leaves nothing behind, and touches nothing outside', async () => {
      expect(run.code, run.all).toBeOneOf([1, 3, 5, 6]);
      expect(run.all).toMatch(/outcome: (failure|unknown|error)/);
      await expectNothingLeft(machine, run.runId);
      expect(canary.look()).toEqual(canary.before);
    });

    test('keeps the whole output of each instance in regular files', async () => {
      const outputs = await outputsOf(machine, run.runId);
      for (let index = 0; index < instances; index++) {
        for (const [name, text] of [
          [instanceFiles.out, 'said\nsaid more\n'],
          [instanceFiles.err, 'said\n'],
        ] as const) {
          const file = join(outputs, 'single', String(index), name);
          // If the plan put a regular file there, its lines follow.
          expect([index, lstatSync(file).isFile()]).toEqual([index, true]);
          const whole = [index, expect.stringMatching(new RegExp(`^${text}`))];
          expect([index, readFileSync(file, 'utf8')]).toEqual(whole);
        }
      }
    });

    test('has its records as regular files, and an archive with no path or link that leads outside', async () => {
      const outputs = await outputsOf(machine, run.runId);
      // Not another name of a file elsewhere, which a hard link is.
      const there = (name: string) => {
        const stats = lstatSync(join(outputs, name));
        return [name, stats.isFile(), stats.nlink];
      };
      // tg cannot replace a folder at once, and reports it.
      const names = Object.values(runFiles)
        .filter((_, at) => kinds[(at + turn) % kinds.length] !== 'folder')
        // It is removed with the end of the run.
        .filter((name) => name !== runFiles.heartbeat);
      expect(names.map((name) => there(name))).toEqual(names.map((name) => [name, true, 1]));
      for (const name of names.filter((name) => /json$/.test(name))) {
        const text = readFileSync(join(outputs, name), 'utf8');
        // The activity has no lines: the plan does not synchronise.
        const records = name.endsWith('.ndjson') ? text.split('\n').filter((line) => line !== '') : [text];
        for (const record of records) expect([name, typeof JSON.parse(record)]).toEqual([name, 'object']);
      }
      expectContained(join(machine.cwd, 'run.tgz'), join(machine.cwd, 'unpacked'));
    });
  },
);

describe.each(kinds)('a stored run with something else in place of every file: %s', (kind) => {
  let machine: Machine;
  let canary: Canary;
  let runId: string;

  beforeAll(async () => {
    machine = await someMachine();
    canary = await someCanary();
    // This plan does nothing hostile: it gets no kinds.
    const params = ['--tp', 'turn=0', '--tp', `token=${secret}`, '-i', '1'];
    const plan = await hostilePlan(canary.dir, []);
    ({ runId } = await tgWithin(machine, single(plan, '-b', 'exec:node', ...params)));
  }, 120_000);

  const put = (names: readonly string[]) => execFileSync('node', [putProgram, kind, canary.dir, ...names]);

  const expectOrder = async (commands: readonly (readonly string[])[]) => {
    for (const command of commands) {
      const { code, all } = await tgWithin(machine, command);
      expect([command, code, all]).toEqual([command, expect.not.toBeOneOf([70, undefined]), all]);
      expect([command, canary.look()]).toEqual([command, canary.before]);
    }
  };

  test('is handled by every command without a crash, a hang or a change outside', {
    timeout: 300_000,
  }, async () => {
    const outputs = await outputsOf(machine, runId);
    put(Object.values(instanceFiles).map((name) => join(outputs, 'single', '0', name)));
    put(
      Object.values(runFiles)
        .filter((name) => name !== runFiles.journal)
        .map((name) => join(outputs, name)),
    );
    await expectOrder([
      ['status', '-t', runId],
      ['why', runId],
      ['logs', runId],
      ['metrics', runId],
      ['report', runId, '-o', 'report.html'],
      ['compare', runId, runId],
      ['rerun', runId, '--tp', `token=${secret}`],
      ['terminate', runId],
      ['collect', runId, '-o', 'run.tgz'],
    ]);
    expectContained(join(machine.cwd, 'run.tgz'), join(machine.cwd, 'unpacked'));
    put([join(outputs, runFiles.journal)]);
    await expectOrder([
      ['tasks'],
      ['doctor', '--fix'],
      ['terminate', '--all'],
      ['status', '-t', runId],
      ['report', runId, '-o', 'report.html'],
      ['collect', runId, '-o', 'again.tgz'],
    ]);
    expectContained(join(machine.cwd, 'again.tgz'), join(machine.cwd, 'unpacked-again'));
    await expectOrder([['prune', '--older-than', '0s', '--yes']]);
  });
});
