import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planWith } from '../support/plans.ts';
import { folderWith } from '../support/temp.ts';
import { type Machine, single, someMachine, tg } from '../support/tg.ts';

const code = "import { invoke } from 'testground-tg/sdk';\nawait invoke(async () => {});\n";

/** A plan for a cluster runner and a builder that tg does not have. */
const clustered = (name = 'clustered') => ({
  'manifest.toml': `name = "${name}"
[defaults]
builder = "docker:lotus"
runner = "cluster:k8s"
[builders."docker:lotus"]
enabled = true
lotus_path = "../lotus"
[runners."cluster:k8s"]
enabled = true
[[testcases]]
name = "t"
instances = { min = 1, max = 50, default = 2 }
[testcases.params]
size = { type = "int", default = "1MiB" }
`,
  'index.mjs': code,
});

const composition = (plan: string) => `[global]
plan = ${JSON.stringify(plan)}
case = "t"
builder = "docker:lotus"
runner = "cluster:k8s"
[global.build_config]
push_registry = true
[global.run_config]
keep_service = true
[[groups]]
id = "one"
instances = { count = 1 }
[[groups]]
id = "two"
builder = "docker:powergate"
instances = { count = 1 }
`;

async function someComposition(): Promise<{ machine: Machine; plan: string; file: string }> {
  const plan = await folderWith(clustered());
  const file = join(await folderWith({ 'c.toml': composition(plan) }), 'c.toml');
  return { machine: await someMachine(), plan, file };
}

describe.concurrent('a composition or plan for a runner and builders that tg does not have', () => {
  test('can be described, listed and run with --dry-run', async () => {
    const { machine, file } = await someComposition();
    for (const args of [
      ['describe', '-f', file],
      ['run', 'composition', '-f', file, '--dry-run'],
    ]) {
      const { code, stdout, stderr } = await tg(machine, args);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain('  runner: cluster:k8s\n');
      expect(stdout).toContain(
        'note: the runner cluster:k8s is not available: to run this, replace it, for instance with --runner local:exec\n',
      );
      expect(stdout).toContain('note: the builder docker:powergate is not available: ');
    }
    const listed = await tg(machine, ['run', 'composition', '-f', file, '--list']);
    expect([listed.code, listed.stdout]).toEqual([0, 'default  2 instances (one: 1, two: 1)\n']);
  });

  test('is refused with exit 2 by a run, with a hint at the flag that replaces the runner', async () => {
    const { machine, file } = await someComposition();
    const { code, stdout, stderr } = await tg(machine, ['run', 'composition', '-f', file, '-b', 'exec:node']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`${file}: global.runner: the runner cluster:k8s is not implemented yet\n`);
    expect(stderr).toContain('Run it here instead: --runner local:exec, local:netns.');
  });

  test('runs with --runner and --builder, with a warning for each replacement; --strict refuses it', async () => {
    const { machine, plan, file } = await someComposition();
    const replacing = ['-f', file, '--runner', 'local:exec', '--builder', 'exec:node'];
    const { code, stdout } = await tg(machine, ['run', 'composition', ...replacing]);
    expect([code, stdout.match(/OK << \w+\[000\]/g)?.length]).toEqual([0, 2]);
    const warned = [...stdout.matchAll(/WARN\t(.*)\n/g)].map(([, text]) => text?.replaceAll(file, 'c'));
    expect(warned.sort()).toEqual(
      [
        'c:5:1: global.runner: --runner local:exec replaces "cluster:k8s"',
        'c:4:1: global.builder: --builder exec:node replaces "docker:lotus"',
        'c:15:1: groups[1].builder: --builder exec:node replaces "docker:powergate"',
        `${plan}/manifest.toml:14:24: testcases[0].params.size.default: parameter "size" must be of type int, not "1MiB"; passed as text`,
        'the plan enables cluster:k8s, which is not available: --runner local:exec replaces it',
        'the plan enables docker:lotus, which is not available: --builder exec:node replaces it',
        'c: global.run_config: keep_service: configuration of cluster:k8s, which local:exec does not have; not applied',
        'c: global.build_config: push_registry: configuration of docker:go, which exec:node does not have; not applied',
      ].sort(),
    );
    const strict = await tg(machine, ['run', 'composition', ...replacing, '--strict']);
    expect([strict.code, strict.stdout]).toEqual([2, '']);
    expect(strict.stderr).toContain('keep_service: configuration of cluster:k8s');
    expect(strict.stderr).toContain('size.default: parameter "size" must be of type int, not "1MiB"');
  });

  test('builds with --builder', async () => {
    const { machine, file } = await someComposition();
    const args = ['build', 'composition', '-f', file, '--builder', 'exec:node', '--quiet'];
    const { code, stdout } = await tg(machine, args);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^exec-node--clustered-\w+\n$/)]);
  });

  test('is treated the same by run single: dry run, refusal, and a run with --runner and --builder', async () => {
    const { machine, plan } = await someComposition();
    const seen = await tg(machine, single(plan, '--dry-run'));
    expect([seen.code, seen.stderr]).toEqual([0, '']);
    const refused = await tg(machine, single(plan, '-t', 't'));
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('the runner cluster:k8s is not implemented yet'),
    ]);
    const run = await tg(machine, single(plan, '--runner', 'local:exec', '--builder', 'exec:node'));
    expect([run.code, run.stdout.match(/OK << single\[00\d\]/g)?.length]).toEqual([0, 2]);
  });

  test('is refused with exit 2 for an unknown name in --runner', async () => {
    const { machine, file } = await someComposition();
    const { code, stderr } = await tg(machine, ['describe', '-f', file, '--runner', 'local:exce']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^error: unknown runner "local:exce"\n/)]);
  });
});

describe.concurrent('parameters and configuration', () => {
  const params = 'n = { type = "int", default = 1 }';

  test('a value that does not fit its type is passed as text with a warning, and refused with --strict', async () => {
    const plan = await planWith(code, { params });
    const machine = await someMachine();
    const run = await tg(machine, single(plan, '--test-param', 'n=1MiB', '--verbose'));
    expect([run.code, run.stdout.match(/"params":\{"n":"1MiB"\}/)?.length]).toEqual([0, 1]);
    expect(run.stdout).toMatch(
      /WARN\t--test-param: parameter "n" must be of type int, not "1MiB"; passed as text\n/,
    );
    const strict = await tg(machine, single(plan, '--test-param', 'n=1MiB', '--strict'));
    expect([strict.code, strict.stderr]).toEqual([
      2,
      'error: --test-param: parameter "n" must be of type int, not "1MiB"\n',
    ]);
  });

  test('describe reports a default that does not fit its type, with its place in the manifest', async () => {
    const plan = await planWith(code, { params: 'n = { type = "int", default = [1, 2] }' });
    const machine = await someMachine();
    const reported =
      'manifest.toml:12:21: testcases[0].params.n.default: parameter "n" must be of type int, not "[1,2]"';
    const described = await tg(machine, ['describe', '-p', plan]);
    expect([described.code, described.stderr]).toEqual([0, `${join(plan, reported)}; passed as text\n`]);
    const strict = await tg(machine, ['describe', '-p', plan, '--strict']);
    expect([strict.code, strict.stderr]).toEqual([2, `error: ${join(plan, reported)}\n`]);
  });

  test('unknown parameters and keys are notes under the name testground; --strict refuses parameters', async () => {
    const plan = await planWith(code, { params });
    const machine = await someMachine();
    const args = single(plan, '--builder', 'exec:node', '--runner', 'local:exec', '-i', '1', '-t', 't');
    const flags = ['--test-param', 'm=2', '--run-cfg', 'tmeout=1s', '--build-cfg', 'entri=x', '--dry-run'];
    const taken = await tg(machine, [...args, ...flags], 'testground');
    expect([taken.code, taken.stderr]).toEqual([0, '']);
    expect(taken.stdout.match(/^note: .*$/gm)).toEqual([
      'note: --run-cfg: unknown run configuration "tmeout"; not applied. Did you mean timeout?',
      'note: --test-param: test case "t" has no parameter "m"; passed anyway. Did you mean n?',
      'note: --build-cfg: exec:node has no build configuration "entri"; not applied. Did you mean entry?',
    ]);
    expect(taken.stdout).toContain('m = "2"  <- --test-param');
    for (const name of ['tg', 'testground'] as const) {
      const refused = await tg(machine, [...args, ...flags.slice(0, 2), '--strict'], name);
      expect([refused.code, refused.stderr]).toEqual([
        2,
        'error: --test-param: test case "t" has no parameter "m"\n  Did you mean n?\n',
      ]);
    }
  });

  test('configuration of other builders and runners is noted, and refused with --strict', async () => {
    const plan = await planWith(code, { params });
    const machine = await someMachine();
    const flags = ['--build-cfg', 'go_version=1.14', '--run-cfg', 'keep_service=true'];
    const { code: status, stdout } = await tg(machine, single(plan, ...flags, '--dry-run'));
    expect([status, stdout.match(/^note: .*$/gm)]).toEqual([
      0,
      [
        'note: --run-cfg: keep_service: configuration of cluster:k8s, which local:exec does not have; not applied',
        'note: --build-cfg: go_version: configuration of docker:go, which exec:node does not have; not applied',
      ],
    ]);
    const strict = await tg(machine, single(plan, ...flags, '--strict'));
    expect([strict.code, strict.stdout]).toEqual([2, '']);
  });
});
