import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planWith, sdkPlanWith } from '../support/plans.ts';
import { folderWith } from '../support/temp.ts';
import { ended, type Machine, outputsOf, resultOf, single, someMachine, startTg, tg } from '../support/tg.ts';

/** The outcome, as scripts for the peer extract it from `testground status`. */
async function outcomeOf(machine: Machine, runId: string, name: 'tg' | 'testground' = 'testground') {
  const { stdout } = await tg(machine, ['status', '-t', runId], name);
  return /^Outcome:\t(\S+)$/m.exec(stdout)?.[1];
}

async function configure(machine: Machine, toml: string): Promise<void> {
  await mkdir(machine.home, { recursive: true });
  await writeFile(join(machine.home, '.env.toml'), toml);
}

describe.concurrent('task_timeout_min of .env.toml', () => {
  test('is the timeout of a run that sets no other; 0 means none', async () => {
    const machine = await someMachine();
    const plan = await planWith('');
    const timeoutOf = async (...args: string[]) => {
      const { stdout } = await tg(machine, single(plan, '--dry-run', '--json', ...args));
      return JSON.parse(stdout).runs[0].run_config.timeout;
    };
    await configure(machine, '[daemon.scheduler]\ntask_timeout_min = 5\n');
    expect(await timeoutOf()).toMatchObject({
      value: '5m',
      from: '.env.toml: daemon.scheduler.task_timeout_min',
    });
    expect(await timeoutOf('--timeout', '7s')).toMatchObject({ value: '7s' });
    await configure(
      machine,
      '[daemon.scheduler]\ntask_timeout_min = 5\n[runners."local:exec"]\ntimeout = "3m"\n',
    );
    expect(await timeoutOf()).toMatchObject({ value: '3m' });
    await configure(machine, '[daemon.scheduler]\ntask_timeout_min = 0\n');
    expect(await timeoutOf()).toBeUndefined();
    await configure(machine, '[daemon.scheduler]\ntask_timeout_min = "5m"\n');
    const wrong = await tg(machine, single(plan));
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('task_timeout_min')]);
  });
});

describe.concurrent('outputs of a run with the runner local:docker', () => {
  test('are linked under local_docker, listed once, and pruned with the run', async () => {
    const machine = await someMachine();
    const plan = await planWith('console.log("hello")');
    const outputs = join(machine.home, 'data', 'outputs');
    const { code, runId } = await tg(machine, single(plan, '-r', 'local:docker', '-b', 'docker:node'));
    expect(code).toBe(0);
    const link = join(outputs, 'local_docker', 'p', runId);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(realpathSync(link)).toBe(realpathSync(await outputsOf(machine, runId)));
    expect(readFileSync(join(link, 'single', '0', 'run.out'), 'utf8')).toBe('hello\n');
    const listed = (await tg(machine, ['tasks', '--json'])).stdout.trimEnd().split('\n');
    expect(listed.map((line) => JSON.parse(line).run_id)).toEqual([runId]);
    expect((await tg(machine, ['collect', runId])).code).toBe(0);
    expect((await tg(machine, ['status', link])).stdout).toContain(runId);
    const again = await tg(machine, ['rerun', runId, '-q']);
    expect(existsSync(join(outputs, 'local_docker', 'p', again.runId))).toBe(true);
    const kept = await tg(machine, single(plan));
    await tg(machine, ['prune', '--older-than', '0s', '--runs', '--yes']);
    expect(readdirSync(join(outputs, 'local_docker'))).toEqual([]);
    expect(existsSync(join(outputs, 'local_exec', 'p', kept.runId))).toBe(false);
  });

  test('fail no run if they cannot be linked there; a line says so', async () => {
    const machine = await someMachine();
    await mkdir(join(machine.home, 'data', 'outputs'), { recursive: true });
    await writeFile(join(machine.home, 'data', 'outputs', 'local_docker'), '');
    const run = await tg(machine, single(await planWith(''), '-r', 'local:docker'));
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining('cannot link the outputs at ')]);
  });
});

describe.concurrent('a run in which an instance reports nothing', () => {
  test('has the outcome failure under the name testground, and unknown under tg', async () => {
    const machine = await someMachine();
    const plan = await sdkPlanWith('if (init.globalSeq === 2) process.exit(0);');
    const args = single(plan, '-i', '2', '-O', 'r.csv');
    const run = await tg(machine, args, 'testground');
    expect([run.code, run.stdout]).toEqual([1, expect.stringContaining('run finished with outcome failure')]);
    expect(run.stdout).toContain(`result default[${run.runId}]: failure`);
    expect(readFileSync(join(machine.cwd, 'r.csv'), 'utf8')).toContain(`default,${run.runId},failure,`);
    expect(await outcomeOf(machine, run.runId)).toBe('failure');
    const tasks = await tg(machine, ['tasks', '--outcome', 'failure'], 'testground');
    expect(tasks.stdout).toContain(run.runId);
    expect(await outcomeOf(machine, run.runId, 'tg')).toBe('unknown');
    expect((await resultOf(machine, run.runId)).outcome).toBe('unknown');
    expect((await tg(machine, args)).code).toBe(6);
  });

  test('is unknown under both names while it is in progress', async () => {
    const machine = await someMachine();
    const run = startTg(machine, single(await planWith('console.log("on"); setInterval(() => {}, 1e6);')));
    const runId = await saidBy(run, /run is queued with ID: (\S+).*>> on/s);
    for (const name of ['tg', 'testground'] as const)
      expect(await outcomeOf(machine, runId, name)).toBe('unknown');
    run.kill('SIGINT');
    await run;
    expect(await outcomeOf(machine, runId)).toBe('canceled');
  });
});

/** Waits until the output of tg matches. @returns the text that the expression captures. */
function saidBy(run: ReturnType<typeof startTg>, what: RegExp): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    run.stdout.on('data', (piece) => {
      said += String(piece);
      const [, captured] = what.exec(said) ?? [];
      if (captured !== undefined) resolve(captured);
    });
  });
}

describe.concurrent('a newer run of the same repository and branch', () => {
  const metadata = (repo: string, branch: string) => ['--metadata-repo', repo, '--metadata-branch', branch];

  /** A plan whose build lasts until the file $TG_GO exists. */
  async function slowPlan() {
    const dir = await folderWith({
      'manifest.toml': `
name = "slow"
[defaults]
testcase = "t"
builder = "exec:generic"
runner = "local:exec"
[builders."exec:generic"]
build = "while [ ! -e $TG_GO ]; do sleep 0.1; done"
run = "true"
[[testcases]]
name = "t"
instances = { min = 1, max = 5, default = 1 }
`,
    });
    return dir;
  }

  test('cancels an older run that is still building, which says why', async () => {
    const machine = await someMachine();
    Object.assign(machine.env, { TG_GO: join(machine.cwd, 'go') });
    const slow = await slowPlan();
    const [older, other] = [
      startTg(machine, single(slow, ...metadata('r1', 'b1'))),
      startTg(machine, single(slow, ...metadata('r1', 'b2'))),
    ];
    const [olderId, otherId] = await Promise.all(
      [older, other].map((run) => saidBy(run, /run is queued with ID: (\S+).*performing build/s)),
    );
    const newer = await tg(machine, single(await planWith(''), ...metadata('r1', 'b1'), '--wait'));
    expect(newer.code).toBe(0);
    const canceled = ended(await older);
    expect([canceled.code, canceled.stderr]).toEqual([
      143,
      expect.stringContaining(`canceled by ${newer.runId}, a newer run of r1 b1`),
    ]);
    expect(await outcomeOf(machine, olderId ?? '')).toBe('canceled');
    expect((await tg(machine, ['status', olderId ?? ''])).stdout).toMatch(/^Error:\t\tcanceled by /m);
    expect(await outcomeOf(machine, newer.runId)).toBe('success');
    // The run of another branch is not canceled.
    await writeFile(join(machine.cwd, 'go'), '');
    expect((await other).exitCode).toBe(0);
    expect(await outcomeOf(machine, otherId ?? '')).toBe('success');
  });

  test('cancels neither an older run that has begun, nor other runs of the same command', async () => {
    const machine = await someMachine();
    const waits = await planWith(`
      import { existsSync } from 'node:fs';
      console.log('begun');
      const timer = setInterval(() => existsSync('${join(machine.cwd, 'go')}') && clearInterval(timer), 50);
    `);
    const older = startTg(machine, single(waits, ...metadata('r', 'b')));
    await saidBy(older, />> (begun)/);
    const newer = await tg(machine, single(await planWith(''), ...metadata('r', 'b'), '--repeat', '3'));
    expect(newer.code).toBe(0);
    await writeFile(join(machine.cwd, 'go'), '');
    expect((await older).exitCode).toBe(0);
    await rm(join(machine.cwd, 'go'));
  });
});
