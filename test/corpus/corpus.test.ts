import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { describeManifest, notesOn } from '../../src/cli/commands/describe.ts';
import { describeResolved } from '../../src/cli/output/describe-resolved.ts';
import { withKnownBuildConfig } from '../../src/library/checks.ts';
import { openComposition } from '../../src/library/composition.ts';
import { contextOf } from '../../src/library/context.ts';
import { compositionSpecs, type SpecOptions, singleSpecs } from '../../src/library/specs.ts';
import { homeOf } from '../../src/os/home.ts';
import { readManifest } from '../../src/plan/manifest/manifest.ts';
import { manifestFile } from '../../src/plan/manifest/manifest-file.ts';
import type { MachineRunners } from '../../src/plan/resolve/runner-info.ts';
import type { RunSpec } from '../../src/plan/run-spec.ts';
import { exposedPortsKey } from '../../src/runners/process/config/exposed-ports.ts';
import { textsOf } from '../../src/runners/process/config/text-list.ts';
import { withStandIn } from '../support/runners.ts';
import { tempDir } from '../support/temp.ts';
import { someMachine, tg } from '../support/tg.ts';

/** Manifests and compositions in the forms that published ones have had since 2019. */
const plans = fileURLToPath(new URL('plans', import.meta.url));
/** What is made of each, and every warning; TG_TEST_RECORD=1 writes it anew. */
const told = fileURLToPath(new URL('told.json', import.meta.url));

const all = readdirSync(plans, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.toml') && !file.endsWith('.resource.toml'))
  .sort();
const manifests = all.filter((file) => basename(file) === manifestFile);
const compositions = all.filter((file) => basename(file) !== manifestFile);

/** Whatever the machine of the tests can have. */
const runners = withStandIn('local:netns');

const looking: SpecOptions = {
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

/** A home in which each of the plans is found by the names that compositions give it. */
async function homeWithPlans(): Promise<string> {
  const root = await tempDir();
  await mkdir(join(root, 'plans'));
  for (const file of manifests) {
    const dir = join(plans, dirname(file));
    const name = (await readManifest(dir)).data.name.replaceAll('/', '-');
    await symlink(dir, join(root, 'plans', name));
  }
  return root;
}

/** What a test compares: the runs in short, the parameters of each group, and what is said. */
function inShort(specs: readonly RunSpec[]) {
  const notes = [...new Set(specs.flatMap((spec) => spec.notes))];
  return {
    runs: specs.map((spec) => ({
      run: `${spec.name}: ${spec.testCase} on ${spec.runner}`,
      ...(exposedPortsKey in spec.config.runner && { ports: textsOf(spec.config.runner, exposedPortsKey) }),
      groups: spec.groups.map(({ id, instances, build, params, sidecar }) => ({
        group: `${id}: ${instances} of ${build.builder}, sidecar ${sidecar}`,
        ...(Object.keys(build.config).length > 0 && { config: build.config }),
        ...(build.selectors.length > 0 && { selectors: build.selectors }),
        params,
      })),
    })),
    told: notes.map((note) => note.replaceAll(`${plans}/`, '')),
  };
}

async function manifestInShort(file: string, root: string) {
  const dir = join(plans, dirname(file));
  const read = await readManifest(dir);
  expect(describeManifest(read.data)).toContain(`This test plan is called "${read.data.name}".`);
  const home = homeOf({ TESTGROUND_HOME: root });
  const context = await contextOf(dir, home, { runners });
  const cases = read.data.testcases.filter(
    ({ name, instances }, index) =>
      instances.min <= instances.max &&
      read.data.testcases.findIndex((testCase) => testCase.name === name) === index,
  );
  const nothing = { params: {}, profiles: {}, buildConfig: {}, selectors: [], dependencies: [] };
  // As with testground, one has to be named where a manifest has no default.
  const [only] = Object.keys(read.data.builders);
  const builder = read.data.defaults.builder === undefined ? only : undefined;
  const specs = cases.flatMap(({ name, instances }) =>
    singleSpecs(
      {
        ...{ ...nothing, testCase: name, runner: undefined, builder, artifact: undefined },
        ...{ instances: instances.default ?? instances.min, expect: 'success' },
      },
      looking,
      home,
      context,
    ),
  );
  const checked = await withKnownBuildConfig(specs, 'refuse');
  expect(describeResolved(checked, {})).toContain(`plan ${read.data.name}`);
  const described = (await notesOn(dir, read, { runners, strict: false })).map((note) =>
    note.replaceAll(`${plans}/`, ''),
  );
  return { described, ...inShort(checked) };
}

async function compositionInShort(file: string, root: string, runners?: MachineRunners) {
  const home = homeOf({ TESTGROUND_HOME: root });
  const composition = await openComposition(join(plans, file), home, {
    env: {},
    ignoreArtifacts: true,
    runners,
  });
  const checked = await withKnownBuildConfig(compositionSpecs(composition, looking, home), 'refuse');
  expect(describeResolved(checked, { list: true })).not.toBe('');
  return inShort(checked);
}

describe('manifests and compositions of all times', () => {
  test('there are enough of them', () => {
    expect(all.length).toBeGreaterThanOrEqual(60);
  });

  test('each is described and dry-run without an error, and every warning is known', async () => {
    const root = await homeWithPlans();
    const found: Record<string, unknown> = {};
    for (const file of manifests) found[file] = await manifestInShort(file, root);
    for (const file of compositions) found[file] = await compositionInShort(file, root, runners);
    const text = `${JSON.stringify(found, null, 2)}\n`;
    if (process.env['TG_TEST_RECORD']) writeFileSync(told, text);
    expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(told, 'utf8')));
  });

  test('the program says the same', async () => {
    const root = await homeWithPlans();
    const machine = await someMachine({ TESTGROUND_HOME: root });
    for (const file of ['2020-beehive/forage-k8s.toml', '2022-ferry/_compositions/mixed.toml']) {
      const { told: expected } = await compositionInShort(file, root);
      for (const args of [
        ['describe', '-f', join(plans, file), '--json'],
        ['run', 'composition', '-f', join(plans, file), '--dry-run', '--json'],
      ]) {
        const { code, stdout, stderr } = await tg(machine, args);
        expect([code, stderr]).toEqual([0, '']);
        const [run] = JSON.parse(stdout).runs;
        expect(run.notes.map((note: string) => note.replaceAll(`${plans}/`, ''))).toEqual(expected);
      }
    }
  });
});
