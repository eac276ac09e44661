import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { pidNamespaceWay } from '../support/parts.ts';
import { planWith } from '../support/plans.ts';
import {
  type Ended,
  ended,
  entriesOf,
  idOnceSaid,
  type Machine,
  outputsOf,
  resultOf,
  single,
  someMachine,
  startTg,
  tg,
} from '../support/tg.ts';
import { unprivilegedTg } from '../support/unprivileged.ts';

type Start = (machine: Machine, args: readonly string[]) => ReturnType<typeof startTg>;

/** Starts tg in its own PID namespace, as in a container with the same home. */
const startInside: Start = (machine, args) =>
  untilFinished(startTg(machine, args, 'tg', ['unshare', ...(pidNamespaceWay() ?? [])]));

const startOutside: Start = (machine, args) => untilFinished(startTg(machine, args));

/** Kills a tg if it outlives its test: a test that fails leaves nothing behind. */
function untilFinished(run: ReturnType<typeof startTg>): ReturnType<typeof startTg> {
  onTestFinished(async () => {
    run.kill('SIGKILL');
    await run;
  });
  return run;
}

/** A plan that prints a line, and ends once the file `gate` exists. */
async function planUntil(gate: string): Promise<string> {
  return await planWith(`
import { existsSync } from 'node:fs';
console.log('here I am');
const timer = setInterval(() => { if (existsSync(${JSON.stringify(gate)})) { console.log('at its end'); clearInterval(timer); } }, 20);`);
}

type Tg = (...args: string[]) => Promise<Ended>;

/** Tries every command that ends, removes or finalizes a run, from where its owner process is not visible. */
async function tryToHarm(look: Tg, machine: Machine, id: string): Promise<void> {
  const outputs = await outputsOf(machine, id);
  const status = await look('status', id);
  expect(status.stdout).toMatch(/^Status:\t\tprocessing$/m);
  expect(status.stdout).toMatch(/^Owner:\t\tprocess \d+ in another PID namespace on this machine/m);
  expect((await look('tasks', '--state', 'processing')).stdout).toContain(id);
  const terminated = await look('terminate', id);
  expect([terminated.code, terminated.stderr]).toEqual([5, expect.stringContaining(`${id}: left alone: `)]);
  const all = await look('terminate', '--all');
  expect([all.code, all.stdout]).toEqual([0, 'all jobs terminated: 0 runs\n']);
  expect(all.stderr).toContain(`${id}: left alone: `);
  const pruned = await look('prune', '--older-than', '0s', '--yes', '--force');
  expect([pruned.code, pruned.stdout]).toEqual([0, 'nothing is older than 0s\n']);
  expect(pruned.stderr).toContain(`run ${id} is active`);
  expect((await look('doctor', '--fix')).stdout).toContain('with an owner that cannot be seen from here');
  const collected = await look('collect', id, '-o', `${id}-during.tgz`);
  expect(collected.code).toBe(0);
  expect(await entriesOf(join(machine.cwd, `${id}-during.tgz`))).not.toContain(`${id}/.heartbeat`);
  // Finalizing would rename it.
  expect(existsSync(join(outputs, 'single', '0', '.run.out.captured'))).toBe(true);
}

describeWith('pidNamespace', 'a run in another PID namespace, with the same home', () => {
  test.each([
    ['outside', startInside, startOutside],
    ['inside', startOutside, startInside],
  ] as const)('is left alone by commands from %s that namespace', async (_, startRun, startLook) => {
    const machine = await someMachine();
    const gate = join(machine.temp, 'gate');
    const run = startRun(machine, single(await planUntil(gate)));
    const id = await idOnceSaid(run, 'here I am');
    const look: Tg = async (...args) => ended(await startLook(machine, args));
    const follow = startLook(machine, ['logs', '-f', id]);
    await tryToHarm(look, machine, id);
    writeFileSync(gate, '');
    expect((await run).exitCode).toBe(0);
    expect(ended(await follow).stdout).toContain('at its end');
    expect((await resultOf(machine, id)).outcome).toBe('success');
    expect(existsSync(join(await outputsOf(machine, id), '.heartbeat'))).toBe(false);
    expect((await look('status', id)).stdout).toMatch(/^Status:\t\tcomplete$/m);
  });

  test('is unknown once its heartbeat is stale, and is pruned only with --force', async () => {
    const machine = await someMachine();
    const run = startInside(machine, single(await planUntil(join(machine.temp, 'never'))));
    const id = await idOnceSaid(run, 'here I am');
    // --kill-child of unshare ends the whole namespace.
    run.kill('SIGKILL');
    await run;
    const outputs = await outputsOf(machine, id);
    const longAgo = new Date(Date.now() - 10 * 60_000);
    utimesSync(join(outputs, '.heartbeat'), longAgo, longAgo);
    const status = await tg(machine, ['status', id]);
    expect(status.stdout).toMatch(/^Status:\t\tunknown$/m);
    expect(status.stdout).toContain(`last heartbeat ${longAgo.toISOString()}`);
    expect((await tg(machine, ['tasks', '--state', 'unknown'])).stdout).toContain(id);
    expect((await tg(machine, ['why', id])).stdout).toContain('its owner is process');
    expect((await tg(machine, ['logs', '-f', id])).stdout).toContain('here I am');
    const kept = await tg(machine, ['prune', '--older-than', '0s', '--yes', '--runs']);
    expect(kept.stderr).toBe(
      'kept 1 old run: its owner cannot be seen from here (tg tasks --state unknown): add --force\n',
    );
    expect(existsSync(outputs)).toBe(true);
    const forced = await tg(machine, ['terminate', id, '--force']);
    expect([forced.code, forced.stdout]).toEqual([
      0,
      expect.stringContaining('nothing that it started can be seen from here'),
    ]);
    const removed = await tg(machine, ['prune', '--older-than', '0s', '--yes', '--runs', '--force']);
    expect(removed.stdout).toMatch(/^removed 1, /m);
    expect(existsSync(outputs)).toBe(false);
  });

  test('passes with the /proc of another namespace, and records no start time of its owner', async () => {
    const machine = await someMachine();
    const way = (pidNamespaceWay() ?? []).filter((flag) => flag !== '--mount-proc');
    const plan = await planWith('console.log("done")');
    const run = ended(await startTg(machine, single(plan), 'tg', ['unshare', ...way]));
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining('done')]);
    const owner = ownerIn(await outputsOf(machine, run.runId));
    expect(owner).toMatchObject({ kind: 'process', id: expect.stringMatching(/^\d+$/) });
    expect(owner).not.toHaveProperty('start_ticks');
  });
});

describe('a run of another user', { tags: ['root', 'setpriv'] }, () => {
  test('is left alone by tg terminate, which exits 5 and says why', async () => {
    const machine = await someMachine();
    const run = startOutside(machine, single(await planUntil(join(machine.temp, 'never'))));
    const id = await idOnceSaid(run, 'here I am');
    chmodSync(dirname(machine.cwd), 0o755);
    const terminated = await unprivilegedTg(machine, ['terminate', id]);
    expect([terminated.code, terminated.stderr]).toEqual([
      5,
      expect.stringMatching(/left alone: its owner, process \d+, belongs to another user\n$/),
    ]);
    expect((await tg(machine, ['terminate', id])).stdout).toContain(`${id}: terminated`);
    await run;
  });
});

function ownerIn(outputs: string): Record<string, unknown> {
  const [first = ''] = readFileSync(join(outputs, 'journal.ndjson'), 'utf8').split('\n');
  return JSON.parse(first).owner;
}

describe.concurrent('a run on another host, with the same home', () => {
  /** A run without a result, recorded as one of another host. */
  async function runElsewhere(machine: Machine): Promise<{ id: string; outputs: string }> {
    const { runId: id } = await tg(machine, single(await planWith('console.log("there")')));
    const outputs = await outputsOf(machine, id);
    const file = join(outputs, 'journal.ndjson');
    const text = readFileSync(file, 'utf8').replace(/"host":"[^"]*"/, '"host":"far-away 0123"');
    writeFileSync(file, text.replace(/"boot":"[^"]*"/, '"boot":"another"'));
    rmSync(join(outputs, 'result.json'));
    return { id, outputs };
  }

  test('is processing while its heartbeat is fresh, else unknown: 10 minutes old or ahead, or not a file', async () => {
    const machine = await someMachine();
    const { id, outputs } = await runElsewhere(machine);
    const state = async () => JSON.parse((await tg(machine, ['status', id, '--json'])).stdout).state;
    expect(await state()).toBe('unknown');
    writeFileSync(join(outputs, '.heartbeat'), '');
    expect(await state()).toBe('processing');
    const terminated = await tg(machine, ['terminate', id]);
    expect([terminated.code, terminated.stderr]).toEqual([
      5,
      expect.stringMatching(
        /left alone: its owner is process \d+ on far-away, which cannot be seen from here; /,
      ),
    ]);
    for (const minutes of [-10, 10]) {
      const time = new Date(Date.now() + minutes * 60_000);
      utimesSync(join(outputs, '.heartbeat'), time, time);
      expect(await state()).toBe('unknown');
    }
    rmSync(join(outputs, '.heartbeat'));
    // A folder is no heartbeat.
    mkdirSync(join(outputs, '.heartbeat'));
    expect(await state()).toBe('unknown');
  });

  test('gets no signal here: a process with the ID of its owner goes on', async ({ onTestFinished }) => {
    const machine = await someMachine();
    const { id, outputs } = await runElsewhere(machine);
    const here = execa('cat', { reject: false });
    onTestFinished(() => void here.kill('SIGKILL'));
    const file = join(outputs, 'journal.ndjson');
    const changed = readFileSync(file, 'utf8')
      .replaceAll(/"start_ticks":"\d+",?/g, '')
      .replaceAll(/("kind":"process","id":)"\d+"/g, `$1"${here.pid}"`);
    writeFileSync(file, changed);
    expect(ownerIn(outputs)).toMatchObject({ host: 'far-away 0123', id: String(here.pid) });
    expect(ownerIn(outputs)).not.toHaveProperty('start_ticks');
    for (const heartbeat of ['fresh', 'missing']) {
      if (heartbeat === 'fresh') writeFileSync(join(outputs, '.heartbeat'), '');
      else rmSync(join(outputs, '.heartbeat'));
      for (const args of [[id], ['--all'], [id, '--force'], ['--all', '--force']])
        await tg(machine, ['terminate', ...args]);
    }
    // It ends by itself, and by no signal.
    here.stdin.end();
    expect((await here).exitCode).toBe(0);
  });

  test('is shown with its host, and neither finalized nor pruned', async () => {
    const machine = await someMachine();
    const { id, outputs } = await runElsewhere(machine);
    const captured = join(outputs, 'single', '0', '.run.out.captured');
    writeFileSync(captured, 'half a li');
    const status = await tg(machine, ['status', id]);
    expect(status.stdout).toMatch(/^Owner:\t\tprocess \d+ on far-away, which cannot be seen from here; /m);
    expect((await tg(machine, ['collect', id])).code).toBe(0);
    expect(existsSync(captured)).toBe(true);
    const purged = await tg(machine, ['prune', '--older-than', '0s', '--yes', '--runs']);
    expect([purged.code, existsSync(outputs)]).toEqual([0, true]);
  });

  test('is judged by its process ID alone if an earlier version left it', async () => {
    const machine = await someMachine();
    const { id, outputs } = await runElsewhere(machine);
    const file = join(outputs, 'journal.ndjson');
    writeFileSync(
      file,
      readFileSync(file, 'utf8')
        .replace(/"host":"[^"]*",?/, '')
        .replace(/,?"namespace":"[^"]*"/, ''),
    );
    expect((await tg(machine, ['status', id])).stdout).toMatch(/^Status:\t\tinterrupted$/m);
  });
});
