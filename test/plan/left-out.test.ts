import { expect, test } from 'vitest';
import { notesOn } from '../../src/cli/commands/describe.ts';
import { withKnownBuildConfig } from '../../src/library/checks.ts';
import { openComposition } from '../../src/library/composition.ts';
import { contextOf } from '../../src/library/context.ts';
import { compositionSpecs, type SpecOptions, singleSpecs } from '../../src/library/specs.ts';
import { homeOf } from '../../src/os/home.ts';
import { readManifest } from '../../src/plan/manifest/manifest.ts';
import { resolveBuilds } from '../../src/plan/resolve/builds.ts';
import { leftOutOf } from '../../src/plan/resolve/left-out.ts';
import { refuse, TgError } from '../../src/util/errors.ts';
import { withStandIn } from '../support/runners.ts';
import { folderWith, tempDir } from '../support/temp.ts';

const options: SpecOptions = {
  ...{
    axes: [],
    ids: [],
    select: [],
    ignore: [],
    runConfig: [],
    disableMetrics: false,
    thresholds: [],
    faults: [],
  },
  ...{
    coverage: false,
    linkSdk: undefined,
    metadata: { repo: '', branch: '', commit: '' },
    missing: 'tell',
    labels: [],
  },
};
const testCase = '[[testcases]]\nname = "t"\ninstances = { min = 1, max = 1, default = 1 }\n';
const both = `name = "p"
[builders."docker:generic"]
build_args = { A = "1" }
[builders."exec:generic"]
run = "true"
[runners."local:docker"]
ulimits = ["nofile=1"]
[runners."local:exec"]
bin_path = "/bin"
${testCase}`;

async function notesOfRun(
  manifest: string,
  builder: string,
  runner: string,
  runners = withStandIn('local:exec'),
) {
  const home = homeOf({ TESTGROUND_HOME: await tempDir() });
  const plan = await folderWith({ 'manifest.toml': manifest });
  const context = await contextOf(plan, home, { runners });
  const request = {
    ...{ params: {}, profiles: {}, buildConfig: {}, selectors: [], dependencies: [] },
    ...{ testCase: 't', runner, builder, artifact: undefined, instances: 1, expect: 'success' as const },
  };
  const [spec] = await withKnownBuildConfig(singleSpecs(request, options, home, context), 'refuse');
  return spec?.notes ?? [];
}

async function notesOfComposition(runner: string, flag?: string) {
  const home = homeOf({ TESTGROUND_HOME: await tempDir() });
  const dir = await folderWith({
    'manifest.toml': `name = "p"\n${testCase}`,
    'c.toml': `[global]
plan = "."
case = "t"
builder = "exec:generic"
runner = "${runner}"
total_instances = 1
[global.run_config]
log_level = "debug"
[[groups]]
id = "a"
instances = { count = 1 }
resources = { memory = "1Gi", cpu = "1" }
`,
  });
  const composition = await openComposition(`${dir}/c.toml`, home, { env: {}, runner: flag });
  return compositionSpecs(composition, options, home)
    .flatMap(({ notes }) => notes)
    .map((note) => note.replaceAll(`${dir}/`, ''));
}

test('a Docker section is reported as not applied only if its name was asked for', async () => {
  expect(await notesOfRun(both, 'exec:generic', 'local:exec')).toEqual([
    'not applied by local:exec (manifest.toml, runners."local:exec"): bin_path',
  ]);
  expect(await notesOfRun(both, 'docker:generic', 'local:docker')).toEqual(
    expect.arrayContaining([
      'not applied without Docker (manifest.toml, runners."local:docker"): ulimits',
      'not applied by local:exec (manifest.toml, runners."local:exec"): bin_path',
      'not applied without Docker (manifest.toml, builders."docker:generic"): build_args',
    ]),
  );
});

test('a misspelt key is reported even in a section that was not asked for', async () => {
  const manifest = both.replace('ulimits =', 'tiemout = "1s"\nulimits =');
  expect(await notesOfRun(manifest, 'exec:generic', 'local:exec')).toContain(
    'manifest.toml, runners."local:docker": unknown run configuration "tiemout"; not applied. Did you mean timeout?',
  );
});

test('an unknown key causes a suggestion of the nearest key of any builder', () => {
  const keys = { kind: 'builder', id: 'exec:generic', names: ['exec:generic'], known: ['run'] } as const;
  const { doubts } = leftOutOf([['go_versoin', 'manifest.toml']], { ...keys, standsFor: undefined });
  expect(doubts.map(({ hint }) => hint)).toEqual([expect.stringContaining('Did you mean go_version')]);
});

test('describe lists the keys of each enabled section that are not applied', async () => {
  const text = `name = "p"
[builders."docker:go"]
enable_cgo = true
[builders."exec:generic"]
go_versoin = "1"
[builders."exec:node"]
enabled = false
nonsense = 1
[runners."local:exec"]
tiemout = "1s"
[runners."cluster:k8s"]
log_level = "debug"
${testCase}`;
  const dir = await folderWith({ 'manifest.toml': text });
  expect(
    await notesOn(dir, await readManifest(dir), { runners: withStandIn('local:exec'), strict: false }),
  ).toEqual([
    'not applied without Docker (manifest.toml, builders."docker:go"): enable_cgo',
    expect.stringMatching(/exec:generic has no build configuration "go_versoin"; not applied.*go_version/),
    expect.stringMatching(/unknown run configuration "tiemout"; not applied. Did you mean timeout\?/),
  ]);
});

async function messageOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof TgError) return error.describe();
    throw error;
  }
  return '';
}

const doubtful = {
  'manifest.toml': `name = "p"
enabled = true
[builders."exec:generic"]
go_versoin = "1"
[runners."local:exec"]
tiemout = "1s"
[[testcases]]
name = "t"
instances = { min = 1, max = 1, default = 1 }
[testcases.params]
count = { type = "int", default = "many" }
[[testcases]]
name = "u"
instances = { min = 1, max = 1, default = 1 }
`,
  'c.toml': `[global]
plan = "."
case = "t"
builder = "exec:generic"
runner = "local:exec"
tottal_instances = 1
[global.build_config]
rnu = "true"
[[groups]]
id = "a"
instances = { count = 1 }
[groups.run]
test_params = { cuont = "1" }
`,
};

test('strict reports everything in one error: files, runner, builder, parameters and flags', async () => {
  const dir = await folderWith(doubtful);
  const home = homeOf({ TESTGROUND_HOME: await tempDir() });
  const context = await contextOf(dir, home, { strict: true });
  const request = {
    ...{ params: { cuont: '1', l: 'a|b' }, profiles: {}, selectors: [], dependencies: [] },
    ...{ testCase: 't', runner: 'local:exec', builder: 'exec:generic', artifact: undefined, instances: 2 },
    ...{ expect: 'success' as const, buildConfig: { rnu: 'true', bulid: 'true' } },
  };
  const flags = { ...options, runConfig: [{ where: '--run-cfg', values: { stall: '1s', sidecar: 'no' } }] };
  const said = await messageOf(() => singleSpecs(request, flags, home, context));
  const problems = said.split('\n').filter((line) => !line.startsWith('   '));
  expect(problems.map((line) => line.replaceAll(`${dir}/`, ''))).toEqual([
    '12 problems:',
    '- manifest.toml:2:1: unknown key enabled',
    '- manifest.toml, builders."exec:generic": exec:generic has no build configuration "go_versoin"',
    '- manifest.toml, runners."local:exec": unknown run configuration "tiemout"',
    '- --run-cfg: unknown sidecar "no"',
    '- --run-cfg: unknown run configuration "stall"',
    '- --build-cfg: exec:generic has no build configuration "rnu"',
    '- --build-cfg: exec:generic has no build configuration "bulid"',
    expect.stringMatching(/^- --test-param: parameter "l" cannot be passed to the instances/),
    '- manifest.toml:11:25: testcases[0].params.count.default: parameter "count" must be of type int, not "many"',
    '- --test-param: test case "t" has no parameter "cuont"',
    '- --test-param: test case "t" has no parameter "l"',
    '- --instances: 2 instances are out of range',
  ]);
});

test('strict reports a composition and its manifest in one error', async () => {
  const dir = await folderWith(doubtful);
  const home = homeOf({ TESTGROUND_HOME: await tempDir() });
  const composition = await openComposition(`${dir}/c.toml`, home, { env: {}, strict: true });
  const all = [
    /c\.toml:6:1: unknown key global\.tottal_instances/,
    /manifest\.toml:2:1: unknown key enabled/,
    /unknown run configuration "tiemout"/,
    /c\.toml: global\.build_config: exec:generic has no build configuration "rnu"/,
    /exec:generic has no build configuration "go_versoin"/,
    /manifest\.toml:\d+:\d+: testcases\[0\]\.params\.count\.default: parameter "count" must be of type int/,
    /c\.toml:\d+:\d+: groups\[0\]\.run\.test_params\.cuont: test case "t" has no parameter "cuont"/,
  ];
  const said = await messageOf(() => compositionSpecs(composition, options, home));
  for (const words of all) expect(said).toMatch(words);
  expect(said).toMatch(new RegExp(`^${all.length} problems:`));
  const { builds, context } = composition;
  const ofBuild = await messageOf(() =>
    resolveBuilds(builds, { coverage: false, linkSdk: undefined }, context),
  );
  for (const words of [all[0], all[1], all[3], all[4]]) expect(ofBuild).toMatch(words ?? '');
  // A later error does not hide the problems found before it.
  const chosen = { ...options, ids: ['nope'] };
  const chose = await messageOf(() => compositionSpecs(composition, chosen, home));
  expect(chose).toMatch(all[0] ?? '');
  expect(chose).toMatch('nope');
});

test('strict reports unknown keys and unknown configuration of a manifest in one error', async () => {
  const dir = await folderWith({
    'manifest.toml': `name = "p"\nenabled = true\n[builders."exec:generic"]\ngo_versoin = "1"\n[runners."local:exec"]\ntiemout = "1s"\n${testCase}`,
  });
  const home = homeOf({ TESTGROUND_HOME: await tempDir() });
  const all = /3 problems:[\s\S]*unknown key enabled\n[\s\S]*go_versoin[\s\S]*tiemout/;
  const { strict } = await contextOf(dir, home, { strict: true });
  expect(() => refuse(strict?.doubts ?? [])).toThrow(all);
  await expect(
    notesOn(dir, await readManifest(dir), { runners: withStandIn('local:exec'), strict: true }),
  ).rejects.toThrow(all);
});

test('the notes on a replaced cluster:k8s do not blame Docker', async () => {
  expect(await notesOfComposition('cluster:k8s', 'local:exec')).toEqual([
    'c.toml:5:1: global.runner: --runner local:exec replaces "cluster:k8s"',
    'c.toml: resources do not apply, local:exec limits neither memory nor CPU: groups[0]',
    'not applied by local:exec (c.toml: global.run_config): log_level',
  ]);
  expect(await notesOfComposition('cluster:k8s')).toContain(
    'c.toml: resources do not apply, the runner cluster:k8s is not available: groups[0]',
  );
});
