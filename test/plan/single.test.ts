import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../src/plan/manifest/manifest.ts';
import { readManifest } from '../../src/plan/manifest/manifest.ts';
import { pack } from '../../src/plan/resolve/params.ts';
import { type ResolveContext, type RunRequest, resolveRun } from '../../src/plan/resolve/resolve.ts';
import { type SingleRequest, singleRun } from '../../src/plan/resolve/single.ts';
import type { RunSpec } from '../../src/plan/run-spec.ts';
import { parseRunParams } from '../../src/sdk/run-params.ts';
import { withStandIn } from '../support/runners.ts';
import { folderWith } from '../support/temp.ts';

async function manifestOf(text: string): Promise<Manifest> {
  return (await readManifest(await folderWith({ 'manifest.toml': text }))).data;
}

const base = `
name = "p"
[defaults]
testcase = "t"
builder = "exec:node"
runner = "local:exec"
[[testcases]]
name = "t"
instances = { min = 1, max = 5, default = 2 }
`;

function resolve(
  manifest: Manifest,
  request: Partial<SingleRequest & RunRequest> = {},
  context: Partial<ResolveContext> = {},
): RunSpec {
  const run = singleRun({
    ...{ builder: undefined, instances: undefined, artifact: undefined, expect: 'success' },
    ...{ params: {}, profiles: {}, buildConfig: {}, selectors: [], dependencies: [] },
    ...request,
  });
  return resolveRun(
    {
      ...{
        testCase: undefined,
        runner: undefined,
        linkSdk: undefined,
        coverage: false,
        undeclared: 'refuse',
        axes: [],
      },
      ...{
        runConfig: [],
        disableMetrics: false,
        thresholds: [],
        faults: [],
        metadata: { repo: '', branch: '', commit: '' },
      },
      labels: [],
      ...run,
      ...request,
    },
    {
      runId: 'r',
      seed: '1',
      planDir: '/p',
      runners: withStandIn('local:exec'),
      manifest,
      homeConfig: { runners: {}, builders: {} },
      generic: { builder: 'exec:generic', config: {}, taken: '' },
      redisFromEnv: undefined,
      ...context,
    },
  );
}

test('everything comes from the manifest and the defaults if the request is empty', async () => {
  expect(resolve(await manifestOf(base))).toEqual({
    runId: 'r',
    name: 'default',
    ...{ of: 'default', point: {}, labels: [], series: undefined },
    seed: '1',
    plan: { name: 'p', dir: '/p', sdk: undefined },
    testCase: 't',
    runner: 'local:exec',
    groups: [
      {
        id: 'single',
        of: 'single',
        role: '',
        instances: 2,
        build: {
          builder: 'exec:node',
          config: {},
          selectors: [],
          dependencies: [],
          linkSdk: undefined,
          coverage: false,
        },
        artifact: undefined,
        sidecar: 'none',
        params: {},
        secrets: [],
        profiles: {},
        expect: 'success',
        origins: {
          instances: 'manifest.toml',
          builder: 'manifest.toml',
          buildConfig: {},
          params: {},
          profiles: {},
        },
      },
    ],
    totalInstances: 2,
    config: {
      timeoutMs: undefined,
      stallAfterMs: 30_000,
      sync: { store: 'memory' },
      sidecar: undefined,
      unapplied: 'report',
      runner: {},
      influxdb: undefined,
      otlp: undefined,
    },
    configOrigins: {},
    refused: undefined,
    metricUnits: {},
    thresholds: [],
    faults: [],
    attachments: [],
    disableMetrics: false,
    metadata: { repo: '', branch: '', commit: '' },
    notes: [],
  });
});

describe('run configuration', () => {
  const inManifest = `${base}[runners."local:exec"]\ntimeout = "2m"\nsync = "memory"\n`;
  const home = { runners: { 'local:exec': { timeout: '3m', redis: 'redis://home:1' } }, builders: {} };

  test.each<[string, Record<string, string>, Partial<ResolveContext>, Partial<RunSpec['config']>]>([
    [base, {}, { homeConfig: home }, { timeoutMs: 180_000, sync: { store: 'redis', url: 'redis://home:1' } }],
    [inManifest, {}, { homeConfig: home }, { timeoutMs: 120_000, sync: { store: 'memory' } }],
    [inManifest, { timeout: '1s' }, { homeConfig: home }, { timeoutMs: 1_000, sync: { store: 'memory' } }],
    [inManifest, { sync: 'redis' }, {}, { timeoutMs: 120_000, sync: { store: 'redis', url: undefined } }],
    [
      inManifest,
      { sync: 'redis' },
      { homeConfig: home },
      { timeoutMs: 120_000, sync: { store: 'redis', url: undefined } },
    ],
    [
      base,
      { sync: 'redis' },
      { homeConfig: home },
      { timeoutMs: 180_000, sync: { store: 'redis', url: 'redis://home:1' } },
    ],
    [
      base,
      { redis: 'redis://flag:2' },
      { redisFromEnv: 'redis://env:3' },
      { timeoutMs: undefined, stallAfterMs: 30_000, sync: { store: 'redis', url: 'redis://flag:2' } },
    ],
    [
      base,
      { sync: 'redis' },
      { redisFromEnv: 'redis://env:3' },
      { timeoutMs: undefined, stallAfterMs: 30_000, sync: { store: 'redis', url: 'redis://env:3' } },
    ],
    [
      base,
      {},
      { redisFromEnv: 'redis://env:3' },
      { timeoutMs: undefined, stallAfterMs: 30_000, sync: { store: 'memory' } },
    ],
    [
      base,
      { redis: 'redis://flag:2', sync: 'memory' },
      {},
      { timeoutMs: undefined, stallAfterMs: 30_000, sync: { store: 'memory' } },
    ],
  ])(
    'from flags wins over the manifest, and the manifest over the home: case %#',
    async (manifest, runConfig, context, config) => {
      expect(
        resolve(await manifestOf(manifest), { runConfig: [{ where: 'flags', values: runConfig }] }, context)
          .config,
      ).toMatchObject(config);
    },
  );
});

test('the only test case need not be named; a plan without one is refused', async () => {
  const one =
    'name = "p"\n[defaults]\nbuilder = "exec:node"\n[[testcases]]\nname = "only"\ninstances = { default = 1 }\n';
  expect(resolve(await manifestOf(one)).testCase).toBe('only');
  const none = await manifestOf('name = "p"');
  expect(() => resolve(none)).toThrow('plan "p" has no test case');
});

test('a runner section may keep its values under defaults; the home configures builders too', async () => {
  const manifest = await manifestOf(
    `${base}[runners."local:exec"]\n[runners."local:exec".defaults]\ntimeout = "1s"\n`,
  );
  const homeConfig = { runners: {}, builders: { 'exec:node': { entry: 'home.js' } } };
  const { config, groups } = resolve(manifest, {}, { homeConfig });
  expect([config.timeoutMs, groups[0]?.build.config]).toEqual([1_000, { entry: 'home.js' }]);
});

test('a timeout that is a very large number is refused with a clear message', async () => {
  const manifest = await manifestOf(`${base}[runners."local:exec"]\ntimeout = 9223372036854775807\n`);
  expect(() => resolve(manifest)).toThrow('must be a duration with a unit, not 9223372036854775807');
});

test('parameter defaults of any TOML type become text, with tables and arrays as JSON', async () => {
  const manifest = await manifestOf(`${base}
[testcases.params]
text = { type = "string", default = "w" }
number = { type = "int", default = -3 }
float = { type = "float", default = 2.5 }
flag = { type = "bool", default = true }
list = { type = "json", default = ["a", "b"] }
table = { type = "json", default = { a = 1 } }
big = { type = "int", default = 9223372036854775807 }
bigs = { type = "json", default = [9223372036854775807, { a = 1 }] }
date = { type = "string", default = 1979-05-27 }
infinite = { type = "float", default = -inf }
none = { type = "string" }
`);
  expect(resolve(manifest).groups[0]?.params).toEqual({
    text: 'w',
    number: '-3',
    float: '2.5',
    flag: 'true',
    list: '["a","b"]',
    table: '{"a":1}',
    big: '9223372036854775807',
    bigs: '[9223372036854775807,{"a":1}]',
    date: '1979-05-27',
    infinite: '-inf',
    // As in testground: an SDK refuses to start without the parameter.
    none: 'null',
  });
});

describe('a parameter value', () => {
  test.each([
    ['int', ['0', '-1', '+5'], ['', '1.5', 'x', '0x1', '1e3']],
    ['float', ['0', '-1.5', '1e-3', '.5'], ['', 'x', '1.5.5']],
    ['bool', ['true', 'FALSE'], ['', '1', 'yes']],
    ['boolean', ['true'], ['t']],
    ['size', ['1KiB', '10'], ['', 'big']],
    ['duration', ['1s', '0'], ['', '5']],
    ['json', ['1', '"x"', '{"a":[]}'], ['', '{a:1}']],
    ['string', ['', 'anything at all'], []],
    ['my own type', ['anything'], []],
  ])(
    'is checked against its type; a wrong one is noted, and refused by strict: %s',
    async (type, good, bad) => {
      const manifest = await manifestOf(`${base}\n[testcases.params]\nv = { type = "${type}" }\n`);
      for (const v of good) expect(resolve(manifest, { params: { v } }).groups[0]?.params).toEqual({ v });
      for (const v of bad) {
        const text = `--test-param: parameter "v" must be of type ${type}, not ${JSON.stringify(v)}`;
        const { groups, notes } = resolve(manifest, { params: { v } });
        expect([groups[0]?.params, notes]).toEqual([{ v }, [`${text}; passed as text`]]);
        expect(() =>
          resolve(manifest, { params: { v } }, { strict: { configKeys: new Map(), doubts: [] } }),
        ).toThrow(text.replace('--test-param: ', ''));
      }
    },
  );
});

test('property: parameters arrive as given, unless they are refused', async () => {
  const manifest = await manifestOf(
    `${base}\n[testcases.params]\na = { type = "string" }\nb = { type = "string" }\n`,
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (a, b) => {
      const given = { a, b };
      try {
        const params = resolve(manifest, { params: given }).groups[0]?.params ?? {};
        expect(parseRunParams({ TEST_INSTANCE_PARAMS: pack(params) }).testInstanceParams).toEqual(given);
      } catch (error) {
        expect(String(error)).toMatch(/cannot be passed/);
        expect(`${a}${b}`).toMatch(/[|=\0]/);
      }
    }),
  );
});

test('the attachments of the manifest are in the spec, each with its type', async () => {
  const manifest = `${base}\n[attachments]\n"plots/*.png" = {}\n"*.dat" = { type = "text/plain" }\n`;
  expect(resolve(await manifestOf(manifest)).attachments).toEqual([
    { pattern: 'plots/*.png', type: undefined },
    { pattern: '*.dat', type: 'text/plain' },
  ]);
});
