import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { planWith } from '../support/plans.ts';
import { folderWith } from '../support/temp.ts';
import { type Machine, runsOn, someMachine, tg } from '../support/tg.ts';

const single = (...more: string[]) => ['run', 'single', ...more];

/** Runs tg and expects exit 2, nothing on stdout, no stack trace and no run folder. @returns stderr. */
async function refused(machine: Machine, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await tg(machine, args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).not.toMatch(/\n {4}at /);
  expect(await runsOn(machine)).toEqual([]);
  return stderr;
}

describe.concurrent('tg with bad input', () => {
  test.each([
    [
      single('-p', 'exmaple'),
      /^error: there is no plan "exmaple"\n {2}Did you mean example\?\n {2}Searched: .*plans.*\n$/,
    ],
    [
      single('-p', './nowhere'),
      /nowhere: no plan there: no such folder\n {2}A plan is a folder with a manifest\.toml\.\n$/,
    ],
    [single('-p', '.'), /no plan there: it has no manifest\.toml/],
    [
      single('-p', 'example', '-t', 'snyc'),
      /^error: plan "example" has no test case "snyc"\n {2}Did you mean sync\?\n$/,
    ],
    [
      single('-p', 'example', '-b', 'exec:noed'),
      /^error: unknown builder "exec:noed"\n {2}Did you mean exec:node, exec:go\? Known: exec:go, exec:node, exec:rust, exec:generic\.\n$/,
    ],
    [
      single('-p', 'example', '-b', 'exec:go'),
      /^error: the plan does not enable the builder exec:go\n {2}It enables exec:node\. Add /,
    ],
    [
      single('-p', 'example', '-r', 'local:exce'),
      /^error: unknown runner "local:exce"\n {2}Did you mean local:exec, local:netns\?\n$/,
    ],
    [single('-p', 'example', '-r', 'cluster:k8s'), /^error: the runner cluster:k8s is not implemented yet\n/],
    [
      single('-p', 'example', '-i', '0'),
      /^error: --instances: 0 instances are out of range\n {2}The test case "sync" runs with 2 to 200 instances\.\n$/,
    ],
    [single('-p', 'example', '-i', '1'), /1 instances are out of range/],
    [single('-p', 'example', '-i', '201'), /201 instances are out of range/],
    [single('-p', 'example', '-i', 'many'), /whole number/],
    [
      single('-p', 'example', '-t', 'params', '--tp', 'parm1=1'),
      /^error: --test-param: test case "params" has no parameter "parm1"\n {2}Did you mean param1, param2, param3\?\n$/,
    ],
    [
      single('-p', 'example', '-t', 'params', '--tp', 'param1=one', '--strict'),
      /^error: --test-param: parameter "param1" must be of type int, not "one"\n/,
    ],
    [
      single('-p', 'example', '-t', 'params', '--tp', 'param1'),
      /^error: --test-param: "param1" is not of the form key=value\n/,
    ],
    [
      single('-p', 'example', '--timeout', '10'),
      /^error: --timeout: the timeout must be a duration with a unit, not "10"\n {2}For instance 90s, 10m or 1h30m\.\n$/,
    ],
    [single('-p', 'example', '--run-cfg', 'timeout=10'), /must be a duration with a unit, not "10"/],
    [single('-p', 'example', '--timeout', '0s'), /the timeout must be positive, not "0s"/],
    [
      single('-p', 'example', '--sync', 'memory', '--redis', 'redis://localhost'),
      /^error: --redis cannot be used with --sync memory\n/,
    ],
    [single('-p', 'example', '--build-cfg', 'entry=x.ts', '-t', 'nope'), /no test case "nope"/],
    [
      single('-p', 'example', '--run-cfg', 'tmeout=10s'),
      /^error: --run-cfg: unknown run configuration "tmeout"\n {2}Did you mean timeout\?\n$/,
    ],
    [
      single('-p', 'example', '--run-cfg', 'sidecar=nope'),
      /^error: --run-cfg: unknown sidecar "nope"\n {2}Choose none, noop /,
    ],
    [
      single('-p', 'example', '--build-cfg', 'entri=x'),
      /^error: --build-cfg: exec:node has no build configuration "entri"\n/,
    ],
    [
      single('-p', 'example', '--sync', 'etcd'),
      /^error: --sync: unknown sync store "etcd"\n {2}Choose memory or redis\.\n$/,
    ],
    [single('-p', 'example', '--redis', 'localhost:6379'), /not a Redis URL/],
    [
      single('-p', 'example', '--env', 'TEST_RUN=x'),
      /^error: --env: TEST_RUN is part of the run environment/,
    ],
    [single('-p', 'example', '--env', 'NOT_SET'), /^error: --env: NOT_SET is not set here/],
    [single('-p', 'example', '--env', '1=2'), /is not a valid variable name/],
    [single('-p', 'example', '--dep', 'a=b'), /^error: --dep: cannot be read as a dependency: "a=b"\n/],
    [single('-p', 'example', '--dep', 'a=./nowhere'), /^error: --dep: there is no folder .*nowhere\n/],
    [
      single('-p', 'example', '--use-build', 'x'),
      /there is no artifact "x"\n {2}There is none for example with exec:node: build it /,
    ],
    [single('-p', 'example', '--link-sdk', 'x'), /^error: --link-sdk: there is no SDK at .*x or .*sdks.x\n/],
    [single('-p', 'example', '--profile', '=5s'), /^error: --profile: "=5s" names no profile\n/],
    [single('-p', 'example', '--influxdb', 'localhost'), /^error: --influxdb: not the URL of an InfluxDB\n/],
    [single('-p', 'example', '--no-such-flag'), /unknown option '--no-such-flag'/],
    [
      ['run', 'single'],
      /^error: --plan: no plan is named, and there is none in this folder\n {2}Name one: tg run example\. /,
    ],
    [['run', 'exampel'], /^error: there is no plan "exampel"\n {2}Did you mean example\?/],
    [['run', 'example', '-p', 'kv'], /^error: --plan: two plans are named: "example" and "kv"\n/],
    [['run', 'composition', '-f', 'x.toml'], /^error: x\.toml: cannot be read: ENOENT/],
    [[...single('-p', 'example', '-t', 'output'), '--repeat', '0'], /It must be at least 1/],
    [
      [...single('-p', 'example', '-t', 'output'), '--seed', 'x'],
      /^error: --seed: the seed must be a whole number/,
    ],
    [
      [...single('-p', 'example', '-t', 'output'), '--matrix', 'n=1,,2'],
      /^error: --matrix: a value of "n" is empty/,
    ],
    [
      [...single('-p', 'example', '-t', 'output'), '--expect', 'x'],
      /Allowed choices are success, failure, crash/,
    ],
    [[...single('-p', 'example', '-t', 'output'), '--select', 'x'], /--select and --ignore leave no run/],
    [['build'], /Usage: tg build/],
    [['build', 'purge', '-p', 'example', '-b', 'exec:go'], /does not enable the builder exec:go/],
    [['plan', 'import', '--from', 'nope'], /^error: --from: no such folder: .*nope\n/],
    [
      ['plan', 'create', '-p', 'x', '--target', 'cobol'],
      /^error: --target: there is no template for "cobol"/,
    ],
    [['plan', 'create', '-p', '../x'], /^error: --plan: not a plan name: "\.\.\/x"/],
    [['plan', 'rm', '-p', 'example'], /^error: .*"example" ships with tg and cannot be removed/],
    [['plan', 'rm', '-p', '..'], /^error: --plan: not a plan name: "\.\."/],
    [['healthcheck', '--runner', 'nope'], /^error: unknown runner "nope"/],
    [['terminate'], /^error: no run is given/],
    [['prune', '--older-than', 'x'], /^error: --older-than: not an age: "x"/],
    [['schema', 'manifst'], /^error: there is no schema "manifst"\n {2}Did you mean manifest\?/],
    [['completion', 'ksh'], /^error: there is no completion for ksh/],
    [['rnu'], /unknown command 'rnu'/],
    [['sync-service', '--port', '99999'], /It must be a port/],
    [[], /Usage: tg/],
  ])('exits 2 before anything starts: tg %j', async (args, message) => {
    const machine = await someMachine();
    const said = await refused(machine, args);
    expect(said).toMatch(message);
  });

  test('names file, line and column of broken TOML', async () => {
    const plan = await folderWith({ 'manifest.toml': 'name = "p"\n[[testcases]\nname = "t"\n' });
    expect(await refused(await someMachine(), single('-p', plan))).toMatch(
      /manifest\.toml:2:\d+: broken TOML: /,
    );
  });

  test('lists every invalid key of a manifest with its position and path', async () => {
    const plan = await folderWith({
      'manifest.toml': 'name = 1\n[[testcases]]\nname = "t"\ninstances = { min = "one", max = 2 }\n',
    });
    const said = await refused(await someMachine(), single('-p', plan));
    expect(said.replaceAll(`${plan}/`, '')).toBe(
      [
        'error: 2 problems:',
        '- manifest.toml:1:1: name: must be a string, not 1',
        '- manifest.toml:4:15: testcases[0].instances.min: must be a number, not "one"\n',
      ].join('\n'),
    );
  });

  test.each(['a|b', 'a=b'])(
    'refuses a parameter value that cannot be passed to the instances: %s',
    async (value) => {
      const plan = await planWith('', { params: 'words = { type = "string", default = "w" }' });
      const said = await refused(await someMachine(), single('-p', plan, '--tp', `words=${value}`));
      expect(said).toMatch(
        /^error: --test-param: parameter "words" cannot be passed to the instances: "a[|=]b" contains "[|=]"\n/,
      );
    },
  );

  test('refuses a home that is not writable and mentions TESTGROUND_HOME', async () => {
    const machine = await someMachine();
    await writeFile(machine.home, 'a file');
    const { code, stderr } = await tg(machine, single('-p', 'example'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: .*home: the home directory is not writable: /);
    expect(stderr).toContain('TESTGROUND_HOME');
  });

  test('refuses a plan that does not enable the builder of the run', async () => {
    const plan = await planWith('', { manifest: '[builders."exec:go"]\nenabled = true' });
    expect(await refused(await someMachine(), single('-p', plan))).toMatch(
      /^error: the plan does not enable the builder exec:node\n {2}It enables exec:go\. /,
    );
  });

  test('exits 4 for a plan without an entry', async () => {
    const plan = await folderWith({
      'manifest.toml': 'name = "p"\n[defaults]\nbuilder = "exec:node"\n[[testcases]]\nname = "t"\n',
    });
    const { code, stderr } = await tg(await someMachine(), single('-p', plan, '-t', 't', '-i', '1'));
    expect(code).toBe(4);
    expect(stderr).toMatch(/the plan has no entry/);
  });
});
