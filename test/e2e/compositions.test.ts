import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planWith } from '../support/plans.ts';
import { folderWith } from '../support/temp.ts';
import {
  entriesOf,
  type Machine,
  outputsOf,
  resultOf,
  runsOn,
  single,
  someMachine,
  tg,
} from '../support/tg.ts';

/** Prints its parameters, then passes, fails, crashes, is killed or waits, as the parameter `do` says. */
const code = `
const params = Object.fromEntries(process.env.TEST_INSTANCE_PARAMS.split('|').map((pair) => pair.split('=')));
console.log(process.env.TEST_GROUP_ID, process.env.TEST_INSTANCE_PARAMS);
if (params.do === 'fail') process.exit(3);
const [, mark] = params.do.split('once:');
if (mark !== undefined) (await import('node:fs')).mkdirSync(mark);
if (params.do === 'vanish') (await import('node:fs')).rmSync(process.env.TEST_OUTPUTS_PATH + '/.run.out.captured');
if (params.do === 'kill') process.kill(process.pid, 'SIGKILL');
if (params.do === 'linger') setTimeout(() => {}, 1000);
if (params.do === 'stay') setInterval(() => {}, 1000);
if (params.do === 'throw') throw new Error('thrown');
`;
const params = 'do = { type = "string", default = "pass" }\nn = { type = "int", default = 0 }';

/** Writes a composition for a plan of its own. @returns the path of the composition. */
async function composed(text: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const plan = await planWith(code, { params });
  const head = `[global]\nplan = ${JSON.stringify(plan)}\ncase = "t"\n`;
  return join(await folderWith({ 'c.toml': head + text, ...more }), 'c.toml');
}

const threeRuns = (does: readonly [string, string, string], group = '') => `
[[groups]]
id = "g"
instances = { count = 1 }
${group}
${does
  .map(
    (what, index) =>
      `[[runs]]\nid = "r${index}"\ntest_params = { do = "${what}" }\n[[runs.groups]]\nid = "g"\n`,
  )
  .join('')}`;

function compose(machine: Machine, file: string, ...more: string[]) {
  return tg(machine, ['run', 'composition', '-f', file, ...more]);
}

/** The IDs of the runs that a command started. */
function idsIn(stdout: string): string[] {
  return [...stdout.matchAll(/run is queued with ID: (\S+)/g)].map(([, id = '']) => id);
}

describe.concurrent('runs of a composition', () => {
  test('exit with the code of the worst run, whatever the order', async () => {
    // "vanish" exits with status 0 but removes its output, so nothing shows that it passed.
    const worst = new Map([
      [['vanish', 'fail'], 1],
      [['stay', 'fail'], 1],
      [['stay', 'vanish'], 7],
    ] as const);
    const bothWays = [...worst].flatMap(([[first, second], code]) => [
      [[first, second, 'pass'], code] as const,
      [[second, first, 'pass'], code] as const,
    ]);
    // In parallel: some of them wait for their timeout.
    const ended = bothWays.map(async ([does]) => {
      const run = await compose(await someMachine(), await composed(threeRuns(does)), '--timeout', '8s');
      return [does, run.code];
    });
    expect(await Promise.all(ended)).toEqual(bothWays);
  });

  test('run in order and are collected each, even if one fails', async () => {
    const machine = await someMachine();
    const file = await composed(threeRuns(['pass', 'fail', 'pass']));
    const run = await compose(machine, file, '--collect', '--result-file', 'results.csv');
    const ids = idsIn(run.stdout);
    expect([run.code, ids.length]).toEqual([1, 3]);
    expect(run.stdout.match(/performing build/g)).toHaveLength(1);
    const results = readFileSync(join(machine.cwd, 'results.csv'), 'utf8');
    expect(results).toBe(
      `run_id,task_id,outcome,error\nr0,${ids[0]},success,\nr1,${ids[1]},failure,g[000] failed: exited with status 3\nr2,${ids[2]},success,\n`,
    );
    const words = ids.map((id, index) => `result r${index}[${id}]: ${index === 1 ? 'failure' : 'success'}`);
    for (const line of words) expect(run.stdout).toContain(line);
    const archives = ids.map((id, index) => `multiple-r${index}-${id}.tgz`);
    expect(readdirSync(machine.cwd).sort()).toEqual([...archives, 'results.csv'].sort());
    expect(await entriesOf(join(machine.cwd, archives[1] ?? ''))).toContain(`${ids[1]}/g/0/run.out`);
  });

  test('-o names the archives, --run-ids selects the runs and their order', async () => {
    const machine = await someMachine();
    const file = await composed(threeRuns(['pass', 'fail', 'pass']));
    const run = await compose(machine, file, '--run-ids', 'r2,r0', '-o', 'out.tgz');
    const [first, second] = idsIn(run.stdout);
    expect(run.code).toBe(0);
    expect(readdirSync(machine.cwd).sort()).toEqual([`out-r0-${second}.tgz`, `out-r2-${first}.tgz`]);
    const one = await compose(machine, file, '--run-ids', 'r2', '-o', 'one.tgz');
    expect([one.code, existsSync(join(machine.cwd, 'one.tgz'))]).toEqual([0, true]);
    const none = await compose(machine, file, '--run-ids', 'r7');
    expect([none.code, none.stderr]).toEqual([
      2,
      'error: --run-ids: there is no run "r7"\n  Did you mean r0, r1, r2?\n',
    ]);
    const pipe = await compose(machine, file, '-o', '-');
    expect([pipe.code, pipe.stderr]).toEqual([
      2,
      expect.stringContaining('several runs make several archives'),
    ]);
  });

  test('a failed build prevents all runs, even those that do not need it: one is an error, the rest canceled', async () => {
    const machine = await someMachine();
    const second =
      '[[groups]]\nid = "broken"\ninstances = { count = 1 }\nbuild_config = { entry = "none.mjs" }\n';
    const uses = '[[runs]]\nid = "r9"\n[[runs.groups]]\nid = "broken"\n';
    const file = await composed(threeRuns(['pass', 'pass', 'pass'], second) + uses);
    const run = await compose(machine, file, '--collect', '--result-file', 'results.csv');
    const [id = ''] = idsIn(run.stdout);
    expect([run.code, idsIn(run.stdout).length]).toEqual([4, 1]);
    expect(run.stderr).toMatch(/^error: .*the entry "none\.mjs" does not exist/);
    expect(run.stdout).not.toContain('starting run');
    expect(await runsOn(machine)).toEqual([expect.stringMatching(id)]);
    const rows = readFileSync(join(machine.cwd, 'results.csv'), 'utf8').trimEnd().split('\n').slice(1);
    expect(rows.map((row) => row.split(',').slice(0, 3))).toEqual([
      ['r0', id, 'error'],
      ...['r1', 'r2', 'r9'].map((name) => [name, 'N/A', 'canceled']),
    ]);
    expect(await resultOf(machine, id)).toMatchObject({
      outcome: 'error',
      error: expect.stringMatching('none.mjs'),
    });
    // Selected alone, a run that does not need the broken build runs.
    expect((await compose(machine, file, '--run-ids', 'r0')).code).toBe(0);
  });

  test('--fail-fast cancels the runs after the first failed one', async () => {
    const machine = await someMachine();
    const file = await composed(threeRuns(['pass', 'fail', 'pass']));
    const run = await compose(machine, file, '--fail-fast', '-O', 'r.csv');
    expect([run.code, idsIn(run.stdout).length]).toEqual([1, 2]);
    expect(readFileSync(join(machine.cwd, 'r.csv'), 'utf8')).toMatch(/^r2,N\/A,canceled,canceled$/m);
  });

  test('a run canceled in a later round is reported as canceled, not with the outcome of an earlier round', async () => {
    const machine = await someMachine();
    const mark = join(machine.cwd, 'mark');
    const file = await composed(threeRuns(['pass', `once:${mark}`, 'pass']));
    const run = await compose(
      machine,
      file,
      '--repeat',
      '2',
      '--fail-fast',
      '-O',
      'r.csv',
      '--junit',
      'r.xml',
    );
    expect([run.code, idsIn(run.stdout).length]).toEqual([1, 5]);
    expect(readFileSync(join(machine.cwd, 'r.csv'), 'utf8')).toMatch(/\nr2,N\/A,canceled,canceled\n$/);
    const suites = readFileSync(join(machine.cwd, 'r.xml'), 'utf8');
    expect(suites).toMatch(/^<testsuites tests="6" failures="1" errors="0"/m);
  });

  test('global, group, run and run-group parameters override each other in this order; group_id shares a build', async () => {
    const machine = await someMachine();
    const file = await composed(`
[global.run]
test_params = { n = 1, do = "pass" }
[[groups]]
id = "base"
instances = { count = 1 }
[groups.run]
test_params = { n = 2 }
[[runs]]
id = "r"
test_params = { n = 3 }
total_instances = 4
[[runs.groups]]
id = "one"
group_id = "base"
instances = { percentage = 0.25 }
[[runs.groups]]
id = "two"
group_id = "base"
instances = { percentage = 0.75 }
test_params = { n = 4 }
`);
    const run = await compose(machine, file);
    expect(run.code).toBe(0);
    expect(
      [...run.stdout.matchAll(/OTHER << (\S+) >> (.*)/g)].map(([, tag, text]) => `${tag} ${text}`).sort(),
    ).toEqual(['one[000] one do=pass|n=3', ...[0, 1, 2].map((index) => `two[00${index}] two do=pass|n=4`)]);
    const dry = await compose(machine, file, '--dry-run', '--json');
    const [resolved] = JSON.parse(dry.stdout).runs;
    expect(resolved.groups[1].test_params).toEqual({
      do: { value: 'pass', from: `${file}: global.run.test_params` },
      n: { value: '4', from: `${file}: runs[0].groups[1].test_params` },
    });
    expect(
      resolved.instances.map(({ tag, test_params }: { tag: string; test_params: object }) => [
        tag,
        test_params,
      ]),
    ).toEqual([
      ['one[000]', { do: 'pass', n: '3' }],
      ...[0, 1, 2].map((index) => [`two[00${index}]`, { do: 'pass', n: '4' }]),
    ]);
    const text = await compose(machine, file, '--dry-run');
    expect(text.stdout).toContain(
      `group two, built as base: two[000] to two[002]  <- ${file}: runs[0].groups[1].instances`,
    );
    expect(text.stdout).toContain(`n = "3"  <- ${file}: runs[0].test_params`);
  });

  test('tg describe shows what a composition or a test case would run', async () => {
    const machine = await someMachine();
    const file = await composed(threeRuns(['pass', 'fail', 'pass']));
    const described = await tg(machine, ['describe', '-f', file, '--run-ids', 'r1', '--json']);
    const [only, ...none] = JSON.parse(described.stdout).runs;
    expect([none, only.name, only.groups[0].test_params.do]).toEqual([
      [],
      'r1',
      { value: 'fail', from: `${file}: runs[1].test_params` },
    ]);
    const plan = await planWith(code, { params });
    const single = await tg(machine, ['describe', '-p', plan, '-t', 't']);
    expect([single.code, single.stdout]).toEqual([
      0,
      expect.stringContaining('do = "pass"  <- manifest.toml'),
    ]);
    const nothing = await tg(machine, ['describe']);
    expect([nothing.code, nothing.stderr]).toEqual([
      2,
      expect.stringContaining('error: nothing to describe'),
    ]);
  });

  test('a template sees the environment and files beside it; -a refuses a composition with templates', async () => {
    const file = await composed(
      `{{ with (load_resource "./groups.toml") }}{{ range .groups }}
[[groups]]
id = "{{ .id }}"
instances = { count = {{ $.Env.COUNT }} }
{{ end }}{{ end }}`,
      { 'groups.toml': '[[groups]]\nid = "v0.1"\n[[groups]]\nid = "v0.2"\n' },
    );
    const machine = await someMachine({ COUNT: '2' });
    const run = await compose(machine, file);
    expect([run.code, run.stdout.match(/OTHER << v0\.[12]\[00[01]\] >>/g)?.length]).toEqual([0, 4]);
    const written = await compose(machine, file, '-a');
    expect([written.code, written.stderr]).toEqual([
      2,
      `error: ${file}: artifacts cannot be written into a composition with templates\n  Leave --write-artifacts out: artifacts are kept and reused.\n`,
    ]);
  });

  test('unknown keys and parameters and inapplicable resources are warnings, or errors with --strict', async () => {
    const machine = await someMachine();
    const file = await composed(
      '[[groups]]\nid = "g"\ninstances = { count = 1 }\nbiuld = { selectors = [] }\nresources = { memory = "1Gi" }\n[groups.run.test_params]\nm = 5\n',
    );
    const run = await compose(machine, file);
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(
      /WARN\t.*c\.toml:7:1: unknown key groups\[0\]\.biuld\n {2}Did you mean build\?/,
    );
    expect(run.stdout).toMatch(
      /WARN\t.*c\.toml:10:1: groups\[0\]\.run\.test_params\.m: test case "t" has no parameter "m"/,
    );
    expect(run.stdout).toMatch(/WARN\t.*c\.toml: resources do not apply, .*: groups\[0\]/);
    expect(run.stdout).toMatch(/OTHER << g\[000\] >> g do=pass\|n=0\|m=5/);
    const strict = await compose(machine, file, '--strict');
    expect([strict.code, strict.stderr]).toEqual([
      2,
      `error: 2 problems:
- ${file}:7:1: unknown key groups[0].biuld
    Did you mean build?
- ${file}:10:1: groups[0].run.test_params.m: test case "t" has no parameter "m"
    Did you mean n?
  ${file}: resources do not apply, local:exec limits neither memory nor CPU: groups[0]
`,
    ]);
  });
});

test('an error in a composition names the unknown key that may be its cause', async () => {
  const machine = await someMachine();
  const file = await composed('[[groups]]\nid = "g"\ninstances = { cuont = 1 }\n');
  expect(
    (await compose(machine, file)).stderr,
  ).toBe(`error: ${file}: groups[0].instances: the number of instances is missing
  Give a count, or a percentage.
  ${file}:6:15: unknown key groups[0].instances.cuont
    Did you mean count?
`);
});

describe.concurrent('matrices and rounds', () => {
  test('--matrix and [matrix] run every combination that --ignore does not exclude', async () => {
    const machine = await someMachine();
    const file = await composed('[[groups]]\nid = "g"\ninstances = { count = 1 }\n[matrix]\nn = [1, 2]\n');
    const listed = await compose(machine, file, '--matrix', 'do=pass,fail', '--list');
    const names = listed.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect(names).toEqual([
      'default-n=1-do=pass',
      'default-n=1-do=fail',
      'default-n=2-do=pass',
      'default-n=2-do=fail',
    ]);
    const run = await compose(
      machine,
      file,
      '--matrix',
      'do=pass,fail',
      '--ignore',
      'do=fail,n=2',
      '-O',
      'r.csv',
    );
    expect(run.code).toBe(1);
    const rows = readFileSync(join(machine.cwd, 'r.csv'), 'utf8').trimEnd().split('\n').slice(1);
    expect(rows.map((row) => row.split(',')[0])).toEqual(names.slice(0, 3));
    expect(rows.map((row) => row.split(',')[2])).toEqual(['success', 'failure', 'success']);
  });

  test('an invalid --matrix or --run-ids exits 2; --matrix overrides [matrix]', async () => {
    const machine = await someMachine();
    const file = await composed('[[groups]]\nid = "g"\ninstances = { count = 1 }\n[matrix]\nn = [1, 2]\n');
    const said = async (...more: string[]) => {
      const { code, stderr } = await compose(machine, file, ...more);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await said('--matrix', 'nn=1,2')).toContain(
      'error: --matrix: test case "t" has no parameter "nn"',
    );
    expect(await said('--matrix', 'do=a', '--matrix', 'do=b')).toContain('"do" is given twice');
    expect(await said('--matrix', 'do=a,a')).toContain('"do" has the value a twice');
    expect(await said('--run-ids', ',')).toContain('error: --run-ids: a name is empty');
    expect(await said('--run-ids', 'x,y')).toContain('2 problems:');
    expect((await compose(machine, file, '--matrix', 'n=7', '--list')).stdout).toMatch(/^default-n=7 /);
  });

  test('-a exits 2 before the build if it cannot write artifacts into the file', async () => {
    const machine = await someMachine();
    const file = await composed('groups = []').then(async (path) => {
      const text = readFileSync(path, 'utf8').replace('\ngroups = []', '');
      return join(
        await folderWith({ 'c.toml': `groups = [{ id = "g", instances = { count = 1 } }]\n${text}` }),
        'c.toml',
      );
    });
    const { code, stderr, stdout } = await compose(machine, file, '-a');
    expect([code, stdout, stderr]).toEqual([
      2,
      '',
      expect.stringContaining('artifacts cannot be written into this file'),
    ]);
    expect(await runsOn(machine)).toEqual([]);
  });

  test('all errors of a composition are reported at once, with their places', async () => {
    const machine = await someMachine();
    const file = await composed(
      '[[groups]]\nid = "g"\nbuilder = "exec:gx"\ninstances = { count = 51 }\n[groups.run.test_params]\nn = "x"\n',
    );
    const { code, stderr } = await compose(machine, file, '--strict');
    expect([code, stderr.replaceAll(file, 'c')]).toEqual([
      2,
      [
        'error: 3 problems:',
        '- c: groups[0].builder: unknown builder "exec:gx"',
        '    Did you mean exec:go? Known: exec:go, exec:node, exec:rust, exec:generic.',
        '- c:9:1: groups[0].run.test_params.n: parameter "n" must be of type int, not "x"',
        '- c: groups[0].instances: 51 instances are out of range',
        '    The test case "t" runs with 1 to 50 instances.\n',
      ].join('\n'),
    ]);
  });

  test('tg run single accepts --matrix and --select too, and exits 2 for an invalid value', async () => {
    const machine = await someMachine();
    const plan = await planWith(code, { params });
    const run = await tg(machine, single(plan, '--matrix', 'n=1,2', '--select', 'n=2'));
    expect([run.code, run.stdout.match(/do=pass\|n=\d/g)]).toEqual([0, ['do=pass|n=2']]);
    const wrong = await tg(machine, single(plan, '--matrix', 'n=1,x', '--strict'));
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      'error: --matrix: parameter "n" must be of type int, not "x"\n',
    ]);
  });

  test('--repeat counts outcomes and keeps failed runs and the last passed one; --until-failure ends at a failure', async () => {
    const machine = await someMachine();
    // Passes twice, then fails once, then passes.
    const flaky = await planWith(`
import { appendFileSync, readFileSync } from 'node:fs';
appendFileSync(${JSON.stringify(join(machine.temp, 'count'))}, '.');
if (readFileSync(${JSON.stringify(join(machine.temp, 'count'))}, 'utf8').length === 3) process.exit(1);
`);
    const run = await tg(machine, single(flaky, '--repeat', '5', '--seed', '7'));
    const ids = idsIn(run.stdout);
    expect([run.code, ids.length]).toEqual([1, 5]);
    expect(run.stdout).toMatch(/^default +5 +4 +1 +0 +0 +0 +20 %$/m);
    expect(run.stdout).toContain(`the first that failed: default, round 3, run ID ${ids[2]}, --seed 7`);
    // Kept: the failed run and the last one that passed.
    const kept = await Promise.all(
      ids.map((id) =>
        outputsOf(machine, id).then(
          () => true,
          () => false,
        ),
      ),
    );
    expect(kept).toEqual([false, false, true, false, true]);

    const machine2 = await someMachine();
    const until = await tg(
      machine2,
      single(
        await planWith(`
import { appendFileSync, readFileSync } from 'node:fs';
appendFileSync(${JSON.stringify(join(machine2.temp, 'count'))}, '.');
if (readFileSync(${JSON.stringify(join(machine2.temp, 'count'))}, 'utf8').length === 3) process.exit(1);
`),
        '--until-failure',
        '--keep-passed',
      ),
    );
    expect([until.code, idsIn(until.stdout).length]).toEqual([1, 3]);
    for (const id of idsIn(until.stdout)) expect(await outputsOf(machine2, id)).toContain(id);
  });

  test('each instance has a seed of its own, the same for the same --seed', async () => {
    const machine = await someMachine();
    const plan = await planWith('console.log(process.env.TEST_SEED)');
    const seedsOf = async (...more: string[]) => {
      const { stdout } = await tg(machine, single(plan, '-i', '2', ...more));
      return [...stdout.matchAll(/OTHER << single\[(\d+)\] >> (\d+)/g)]
        .map(([, index, seed]) => `${index} ${seed}`)
        .sort();
    };
    const first = await seedsOf('--seed', '42');
    expect(new Set(first.map((line) => line.split(' ')[1])).size).toBe(2);
    expect(await seedsOf('--seed', '42')).toEqual(first);
    expect(await seedsOf('--seed', '43')).not.toEqual(first);
    expect(await seedsOf()).not.toEqual(await seedsOf());
  });
});

describe.concurrent('expected final state', () => {
  const group = (id: string, does: string, expected: string) =>
    `[[groups]]\nid = "${id}"\ninstances = { count = 1 }\n${expected === '' ? '' : `expect = "${expected}"`}\n[groups.run.test_params]\ndo = "${does}"\n`;

  test.each([
    ['pass', 'success', 'success', /said|exited with status 0/],
    ['fail', 'failure', 'success', /as expected, it failed: exited with status 3/],
    ['pass', 'failure', 'failed', /expected an instance that failed: exited with status 0/],
    ['throw', 'crash', 'success', /as expected, it crashed: exited with status 1; stderr: Error: thrown/],
    ['kill', 'crash', 'success', /as expected, it crashed: killed by SIGKILL/],
    ['kill', 'killed', 'success', /as expected, it was killed: killed by SIGKILL/],
    ['fail', 'killed', 'failed', /expected an instance that was killed: exited with status 3/],
    ['kill', 'failure', 'crashed', /expected an instance that failed: killed by SIGKILL/],
    ['pass', 'crash', 'failed', /expected an instance that crashed/],
    ['pass', 'running', 'failed', /expected an instance that was still running: exited with status 0/],
  ])('of a group: do = %s with expect = %s has the outcome %s', async (does, expected, outcome, reason) => {
    const machine = await someMachine();
    // For expect = "running", this group outlives the first: an instance is still running if all others have ended.
    const other = group('other', expected === 'running' ? 'linger' : 'pass', '');
    const { code: exit, runId } = await compose(machine, await composed(group('g', does, expected) + other));
    const { groups } = await resultOf(machine, runId);
    expect(groups[0]).toMatchObject({
      expect: expected,
      instances: [{ outcome, reason: expect.stringMatching(reason) }],
    });
    expect(exit).toBe(outcome === 'success' ? 0 : 1);
  });

  test('running: the instance is stopped when all others have ended, and passes', async () => {
    const machine = await someMachine();
    const run = await compose(
      machine,
      await composed(group('stays', 'stay', 'running') + group('goes', 'pass', '')),
    );
    expect(run.code).toBe(0);
    const { groups, stopped } = await resultOf(machine, run.runId);
    expect([stopped, groups[0].instances[0].reason]).toEqual([
      null,
      expect.stringMatching(/^as expected, it was still running: still running when all others had ended/),
    ]);
  });

  test('running in tg run single: the run passes at its timeout, and exits 2 without one', async () => {
    const machine = await someMachine();
    const plan = await planWith('setInterval(() => {}, 1000)');
    const run = await tg(machine, single(plan, '--expect', 'running', '--timeout', '3s'));
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining('as expected, it was still running')]);
    const never = await tg(machine, single(plan, '--expect', 'running'));
    expect([never.code, never.stderr]).toEqual([2, expect.stringContaining('this run would never end')]);
  });
});
