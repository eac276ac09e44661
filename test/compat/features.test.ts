import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { compatPlan, linesOf, outcomesOf } from '../support/compat.ts';
import { someInfluxd } from '../support/influxd.ts';
import { describeWith } from '../support/needs.ts';
import { planWith } from '../support/plans.ts';
import { someRedis } from '../support/redis.ts';
import { folderWith } from '../support/temp.ts';
import { type Machine, outputsOf, single, someMachine, tg } from '../support/tg.ts';
import { toolchainEnv } from '../support/toolchains.ts';

/** What a plan gets beside the protocol of its SDK: profiles, coverage, stacks, an InfluxDB, a Redis, Docker names. */

let machine: Machine;
beforeAll(async () => {
  machine = await someMachine(toolchainEnv());
});

const go = (testCase: string, ...more: string[]) =>
  single(compatPlan, '-b', 'exec:go', '-t', testCase, '--timeout', '1m', ...more);
const filesOf = async (runId: string, ...below: string[]) =>
  (await readdir(join(await outputsOf(machine, runId), 'single', '0', ...below))).sort();

describeWith('go', 'Go plans', () => {
  test('write CPU and heap profiles into their outputs', async () => {
    const { code, runId } = await tg(machine, go('profile', '--profile', 'cpu', '--profile', 'heap=500ms'));
    expect(code).toBe(0);
    const files = await filesOf(runId);
    expect(files).toContain('cpu.prof');
    expect(files.filter((name) => name.startsWith('heap.')).length).toBeGreaterThan(0);
    const cpu = join(await outputsOf(machine, runId), 'single', '0', 'cpu.prof');
    const { stdout } = await execa('go', ['tool', 'pprof', '-top', cpu]);
    expect(stdout).toContain('main.profile');
  });

  test('write the profile that a composition sets for their group', async () => {
    const dir = await folderWith({
      'c.toml': `[global]
plan = "${compatPlan}"
case = "profile"
builder = "exec:go"
[[groups]]
id = "single"
instances = { count = 1 }
[groups.run.profiles]
cpu = "true"
`,
    });
    const { code, runId } = await tg(machine, ['run', 'composition', '-f', join(dir, 'c.toml')]);
    expect([code, await filesOf(runId)]).toEqual([0, expect.arrayContaining(['cpu.prof'])]);
  });

  test('record the executed functions of the plan with --coverage', async () => {
    const { code, runId } = await tg(machine, go('params', '--coverage'));
    expect(code).toBe(0);
    expect(await filesOf(runId, 'coverage')).toEqual([
      expect.stringMatching(/^covcounters\./),
      expect.stringMatching(/^covmeta\./),
    ]);
    const folder = join(await outputsOf(machine, runId), 'single', '0', 'coverage');
    const { stdout } = await execa('go', ['tool', 'covdata', 'func', '-i', folder]);
    const share = (name: string) =>
      Number(new RegExp(`common\\.go:\\d+:\\s+${name}\\s+([\\d.]+)%`).exec(stdout)?.[1]);
    expect([share('params'), share('meet')]).toEqual([100, 0]);
  });

  test('write their stacks to run.err at the timeout, and not to the terminal', async () => {
    // Built first, because the timeout covers the build.
    await tg(machine, ['build', 'single', '-p', compatPlan, '-b', 'exec:go']);
    const { code, runId, all } = await tg(machine, go('hang', '--timeout', '3s'));
    expect(code).toBe(7);
    const text = (await linesOf(machine, runId, 'single', 0, 'run.err')).join('\n');
    expect(text).toMatch(/SIGQUIT: quit/);
    expect(text).toMatch(/main\.init\.func\d+\(|main\.\S*\(/);
    expect(all).not.toContain('goroutine');
    expect(all).toContain('the stacks of the instances of single at the timeout are in their run.err');
    expect(await outcomesOf(machine, runId)).toEqual([
      expect.stringContaining('at barrier "never" (0 of 99)'),
    ]);
  });

  test('are built with another version of a dependency for --dep', async () => {
    const { code, all } = await tg(machine, go('params', '--dep', 'github.com/testground/sdk-go=@v0.2.7'));
    // 0.2.7 does not know the environment variables that 0.3.0 reads, and runs the same plan.
    expect([code, all]).toEqual([0, expect.stringContaining('text=a b number=7')]);
    const [key = ''] = /exec-go--compat-\w{12}/.exec(all) ?? [];
    const program = join(machine.home, 'data', 'work', key, 'bin', 'plan');
    const { stdout } = await execa('go', ['version', '-m', program]);
    expect(stdout).toMatch(/=>\s+github\.com\/testground\/sdk-go\s+v0\.2\.7/);
  });

  test('run with docker:go and local:docker as exec:go and what stands in; warnings list ignored configuration', async () => {
    const plan = await folderWith({
      'manifest.toml': `name = "dockered"
[defaults]
builder = "docker:go"
runner = "local:docker"
[builders."docker:go"]
enabled = true
build_base_image = "golang"
runtime_image = "busybox"
exec_pkg = "."
[builders."docker:go".dockerfile_extensions]
pre_build = "RUN true"
[runners."local:docker"]
[[testcases]]
name = "t"
instances = { min = 1, max = 5, default = 1 }
`,
      'go.mod': 'module example.org/p\n\ngo 1.14\n',
      'main.go':
        'package main\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nfunc main() { fmt.Println(os.Getenv("TEST_SIDECAR"), os.Getenv("TEST_SUBNET")) }\n',
    });
    for (const flags of [
      [],
      ['-b', 'docker:go', '-r', 'local:docker'],
      ['-b', 'exec:go', '-r', 'local:docker'],
    ]) {
      const { code, all } = await tg(machine, single(plan, ...flags, '--run-cfg', 'keep_containers=true'));
      expect(code).toBe(0);
      expect(all).toMatch(/OTHER << single\[000\] >> true (16\.0\.0\.0\/16|127\.0\.0\.0\/8)/);
      expect(all).toMatch(/WARN\tDocker is not supported: local:(netns|exec) replaces local:docker/);
      expect(all).toMatch(/WARN\tnot applied without Docker \(--run-cfg\): keep_containers/);
      // The section of a builder that is not used is not reported.
      expect(
        /WARN\tnot applied without Docker \(manifest.toml, builders."docker:go"\): runtime_image, dockerfile_extensions/.test(
          all,
        ),
      ).toBe(!flags.includes('exec:go'));
      expect(all.includes('exec:go replaces docker:go')).toBe(!flags.includes('exec:go'));
    }
    const plain = await tg(machine, single(plan, '-r', 'local:exec'));
    expect(plain.all).toContain('OTHER << single[000] >> false 127.1.0.0/16');
  });
});

describeWith('influxd', 'a run with --influxdb', () => {
  test('sends metrics to a real InfluxDB, and keeps them in its outputs', async () => {
    const { url, query } = await someInfluxd();
    const run = await tg(machine, single('example', '-t', 'metrics', '--influxdb', url));
    expect([run.code, run.stderr]).toEqual([0, '']);
    const golang = await tg(machine, go('metrics', '-i', '2', '--influxdb', url));
    expect(golang.code).toBe(0);
    const rows = await query(
      `SELECT value FROM "results.compat-metrics.temperature.point" WHERE run = '${golang.runId}'`,
    );
    expect(rows.map(([, value]) => value).sort()).toEqual([20, 20, 21, 21, 22, 22]);
    const kept = await linesOf(machine, golang.runId, 'single', 1, 'metrics.lp');
    expect(kept.filter((line) => line.includes('temperature'))).toHaveLength(3);
  });

  test('exits 5 before an instance prints anything if no InfluxDB answers', async () => {
    const { code, stderr, stdout } = await tg(machine, single('example', '--influxdb', 'http://127.0.0.1:2'));
    expect([code, stderr]).toEqual([
      5,
      expect.stringContaining('the InfluxDB at http://127.0.0.1:2 cannot be used'),
    ]);
    expect(stdout).not.toContain('single[000]');
  });
});

describeWith('redis', 'with --redis', () => {
  test('REDIS_PORT is that of the Redis itself, or of the sync service if the Redis has a password', async () => {
    const { url } = await someRedis();
    const plan = await planWith('console.log(process.env.REDIS_PORT, process.env.SYNC_SERVICE_PORT)');
    const direct = await tg(machine, single(plan, '--redis', url));
    const [port, endpoint] =
      (await linesOf(machine, direct.runId, 'single', 0, 'run.out'))[0]?.split(' ') ?? [];
    expect([port, port === endpoint]).toEqual([new URL(url).port, false]);
    const client = await execa('redis-cli', ['-p', String(port), 'config', 'set', 'requirepass', 'secret']);
    expect(client.stdout).toBe('OK');
    const withPassword = url.replace('redis://', 'redis://:secret@');
    const through = await tg(machine, single(plan, '--redis', withPassword));
    const [redis, again] =
      (await linesOf(machine, through.runId, 'single', 0, 'run.out'))[0]?.split(' ') ?? [];
    expect(redis).toBe(again);
    await execa('redis-cli', ['-p', String(port), '-a', 'secret', 'config', 'set', 'requirepass', '']);
  });
});

describeWith('go', 'old and new SDKs meet in one Redis', () => {
  test.each(['v023.mod', 'v027.mod'])('%s', async (modfile) => {
    const dir = await folderWith({
      'c.toml': `[global]
plan = "${compatPlan}"
case = "meet"
builder = "exec:go"
[[groups]]
id = "old"
instances = { count = 2 }
build_config = { modfile = "${modfile}" }
[[groups]]
id = "new"
instances = { count = 2 }
`,
    });
    const { code, runId } = await tg(machine, [
      'run',
      'composition',
      '-f',
      join(dir, 'c.toml'),
      '--sync',
      'redis',
      '--timeout',
      '1m',
    ]);
    expect(code).toBe(0);
    const heard = new Set<string | undefined>();
    for (const [group, index] of [
      ['old', 0],
      ['old', 1],
      ['new', 0],
      ['new', 1],
    ] as const) {
      const lines = await linesOf(machine, runId, group, index, 'run.out');
      heard.add(lines.map((line) => /"heard: ([^"]*)"/.exec(line)?.[1]).find((text) => text !== undefined));
    }
    expect([...heard]).toEqual([expect.stringMatching(/^(\w+\/\d ?){4}$/)]);
  });
});
