import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { readComposition } from '../../src/plan/composition/read.ts';
import { runsOf } from '../../src/plan/composition/runs.ts';
import { renderComposition } from '../../src/plan/composition/template.ts';
import { readManifest } from '../../src/plan/manifest/manifest.ts';
import { manifestFile } from '../../src/plan/manifest/manifest-file.ts';
import { firstDefined, valuesOf } from '../../src/plan/resolve/layered-config.ts';
import { resolveRun } from '../../src/plan/resolve/resolve.ts';
import { TgError } from '../../src/util/errors.ts';
import { describeWith } from '../support/needs.ts';
import { type AskPeer, buildPeer, peerSources } from '../support/peer.ts';
import { withStandIn } from '../support/runners.ts';
import { folderWith } from '../support/temp.ts';

const env = { MyValue: '123' };

/** The peer's answers for its own compositions; TG_TEST_RECORD=1 rewrites them. */
const golden = fileURLToPath(new URL('../golden/compositions.json', import.meta.url));

/** The peer's order of dependencies is random. */
function byFirst([a = '']: readonly string[], [b = '']: readonly string[]): number {
  return a.localeCompare(b);
}

/** Our resolution of a composition, in the shape of the peer's answers. */
async function resolved(file: string, manifestText: string): Promise<unknown> {
  try {
    const read = await readComposition(file, env);
    const { data: manifest } = await readManifest(await folderWith({ [manifestFile]: manifestText }));
    const { global } = read.composition;
    const at = (value: string | undefined) => (value === undefined ? undefined : { value, where: file });
    const asked = { testCase: at(global.case), runner: at(global.runner) };
    const common = { ...asked, runConfig: [], undeclared: 'tell', missing: 'tell', axes: [] } as const;
    const more = { disableMetrics: false, thresholds: [], coverage: false, linkSdk: undefined };
    const metadata = { repo: '', branch: '', commit: '' };
    const around = { runId: 'r', seed: '1', planDir: '/p', homeConfig: { runners: {}, builders: {} } };
    const runs = runsOf(read).map((run) => {
      const spec = resolveRun(
        { ...common, ...more, metadata, labels: [], ...run },
        {
          ...around,
          manifest,
          generic: { builder: 'exec:generic', config: {}, taken: '' },
          redisFromEnv: undefined,
          runners: withStandIn('local:exec'),
        },
      );
      const groups = spec.groups.map(({ id, of, instances, params, profiles, build }, index) => {
        const asked = run.groups[index];
        const config = valuesOf(firstDefined(asked?.buildConfig ?? []));
        return {
          ...{ id, group_id: of, instances, params, profiles, builder: asked?.builder?.value },
          selectors: build.selectors,
          dependencies: build.dependencies
            .map(({ module, target, version }) => [module, target ?? '', version ?? ''])
            .sort(byFirst),
          build_config: Object.keys(config).sort(),
        };
      });
      return { id: run.name, total_instances: spec.totalInstances, groups };
    });
    return runs;
  } catch (error) {
    if (error instanceof TgError) return 'error';
    throw error;
  }
}

/** The peer's answer in the same shape, without the builder configuration of its manifest. */
function shapeOf(answer: unknown, manifestText: string): unknown {
  const { runs, error } = Object(answer);
  if (error !== undefined) return 'error';
  return runs.map(({ groups, ...run }: { groups: Record<string, never>[] }) => ({
    ...run,
    groups: groups.map(({ build, build_config, profiles, params, ...group }) => ({
      ...group,
      params: params ?? {},
      profiles: profiles ?? {},
      selectors: Object(build).selectors ?? [],
      dependencies: (Object(build).dependencies ?? [])
        .map((dependency: object) => Object.values(dependency))
        .sort(byFirst),
      build_config: Object.keys(build_config ?? {})
        .filter((key) => !new RegExp(`^\\s*(${key}|\\[.*\\.${key}\\])`, 'm').test(manifestText))
        .sort(),
    })),
  }));
}

function withoutConfig(runs: unknown): unknown {
  if (!Array.isArray(runs)) return runs;
  return runs.map(({ groups, ...run }) => ({
    ...run,
    groups: groups.map(({ build_config: _, ...group }: Record<string, unknown>) => group),
  }));
}

const integrations = `
name = "integrations"
[builders."docker:go"]
enabled = true
[runners."local:docker"]
enabled = true
[[testcases]]
name = "issue-1493-success"
instances = { min = 1, max = 1000, default = 1 }
[[testcases]]
name = "issue-1493-optional-failure"
instances = { min = 1, max = 1000, default = 1 }
`;

describeWith('go', 'tg resolves like testground', () => {
  let ask: AskPeer;
  beforeAll(async () => {
    ask = await buildPeer();
  }, 300_000);

  async function compared(file: string, manifest: string): Promise<unknown> {
    const { text } = renderComposition(readFileSync(file, 'utf8'), file, dirname(file), env);
    const [answer] = ask([{ composition: text, manifest }]);
    const theirs = shapeOf(answer, manifest);
    expect(theirs).not.toBe('error');
    expect(await resolved(file, manifest)).toEqual(theirs);
    return theirs;
  }

  test('the compositions in the repository of testground', async () => {
    const plans = join(peerSources(), 'plans');
    const files = readdirSync(plans, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /compositions\/[^/]+\.toml$/.test(file),
    );
    expect(files.length).toBeGreaterThan(8);
    const all: Record<string, unknown> = {};
    for (const name of files.sort()) {
      const file = join(plans, name);
      const plan = /plan\s*=\s*"(.*)"/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
      const own = [plan, `_${plan}`]
        .map((dir) => join(plans, dir, manifestFile))
        .find((at) => existsSync(at));
      const manifest = own === undefined ? integrations : readFileSync(own, 'utf8');
      all[name] = await compared(file, manifest);
    }
    if (process.env['TG_TEST_RECORD']) writeFileSync(golden, `${JSON.stringify(all, null, 2)}\n`);
    expect(all).toEqual(JSON.parse(readFileSync(golden, 'utf8')));
  });

  test('the compositions of the corpus that testground accepts', async () => {
    const corpus = fileURLToPath(new URL('../corpus/plans', import.meta.url));
    const files = readdirSync(corpus, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /(?<!manifest|\.resource)\.toml$/.test(file),
    );
    let taken = 0;
    for (const name of files.sort()) {
      const file = join(corpus, name);
      const [folder = ''] = name.split('/');
      const manifest = readFileSync(join(corpus, folder, manifestFile), 'utf8').replace(/^\uFEFF/, '');
      const { text } = renderComposition(readFileSync(file, 'utf8'), file, dirname(file), env);
      const [answer] = ask([{ composition: text.replace(/^\uFEFF/, ''), manifest }]);
      // Only versions older than this peer had strategies.
      const theirs = shapeOf(answer, manifest);
      if (theirs === 'error') continue;
      taken++;
      // Their answer does not show which builder configuration is the manifest's.
      expect([name, withoutConfig(await resolved(file, manifest))]).toEqual([name, withoutConfig(theirs)]);
    }
    expect(taken).toBeGreaterThan(30);
  });

  test('the templates in the tests of testground', async () => {
    const dir = join(peerSources(), 'pkg', 'cmd', 'fixtures', 'templates');
    const names = readdirSync(dir).filter((name) => name.endsWith('.expected'));
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) {
      const file = join(dir, name.replace(/\.expected$/, ''));
      const template = readFileSync(file, 'utf8');
      const { text } = renderComposition(template, file, dir, env);
      expect(ask([{ template, env, dir }])).toEqual([{ text }]);
      expect(text.trim()).toBe(readFileSync(join(dir, name), 'utf8').trim());
    }
    expect(() => renderComposition('{{ load_resource "./something.toml" }}', 'c.toml', dir, env)).toThrow(
      'load_resource: cannot read',
    );
  });

  test('property: any groups, runs, counts, percentages and parameters', async () => {
    const sample = fc.sample(anyComposition, 300);
    const answers = ask(sample.map((composition) => ({ composition, manifest: anyManifest })));
    expect(answers.filter((answer) => shapeOf(answer, anyManifest) !== 'error').length).toBeGreaterThan(50);
    for (const [index, composition] of sample.entries()) {
      const file = join(await folderWith({ 'c.toml': composition }), 'c.toml');
      const ours = await resolved(file, anyManifest);
      expect([composition, ours]).toEqual([composition, shapeOf(answers[index], anyManifest)]);
    }
  });
});

const anyManifest = `
name = "p"
[builders."exec:go"]
enabled = true
[builders."exec:generic"]
enabled = true
[runners."local:exec"]
enabled = true
[[testcases]]
name = "t"
instances = { min = 2, max = 30, default = 2 }
[testcases.params]
a = { type = "string", default = "manifest" }
b = { type = "int", default = 3 }
c = { type = "json", default = { z = [1, 2.50, true], "10" = "a<b & c>d", "2" = { y = 1e21, x = "é" } } }
d = { type = "string" }
`;

const names = ['g1', 'g-2', 'v0.3'];
const someParams = fc.dictionary(
  fc.constantFrom('a', 'b', 'other'),
  fc.integer({ min: 1, max: 99 }).map(String),
  {
    maxKeys: 3,
  },
);
const someBuild = fc.record(
  {
    selectors: fc.uniqueArray(fc.constantFrom('x', 'y'), { maxLength: 2 }),
    dependencies: fc.uniqueArray(
      fc.record({
        module: fc.constantFrom('m', 'n'),
        target: fc.constantFrom('', 't'),
        version: fc.constantFrom('v1', 'v2'),
      }),
      { maxLength: 2, selector: ({ module }) => module },
    ),
  },
  { requiredKeys: [] },
);
const someCount = fc.record({ count: fc.integer({ min: 1, max: 6 }) });
const someShare = fc.record({ percentage: fc.constantFrom(0.1, 0.25, 1 / 3, 0.45, 0.5, 0.75) });
const someConfig = fc.dictionary(fc.constantFrom('modfile', 'path'), fc.constantFrom('1', '2'), {
  maxKeys: 2,
});

/** Keys in another case, which Testground ignores. */
const otherCase: Readonly<Record<string, string>> = {
  selectors: 'Selectors',
  count: 'COUNT',
  global: 'Global',
};

/** A value as TOML: JSON, except for inline tables with `=`. */
function toml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toml).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, its]) => `${JSON.stringify(otherCase[key] ?? key)} = ${toml(its)}`)
    .join(', ')} }`;
}

const anyComposition = fc
  .record({
    global: fc.record({
      total_instances: fc.constantFrom(0, 0, 0, 4, 10),
      build: someBuild,
      build_config: someConfig,
      run: fc.record({ test_params: someParams, profiles: fc.constantFrom({}, { cpu: 'true' }) }),
    }),
    groups: fc.uniqueArray(
      fc.record({
        id: fc.constantFrom(...names),
        builder: fc.constantFrom('exec:go', 'exec:generic'),
        instances: fc.oneof({ weight: 3, arbitrary: someCount }, { weight: 1, arbitrary: someShare }),
        build: someBuild,
        build_config: someConfig,
        run: fc.record({ test_params: someParams, profiles: fc.constantFrom({}, { heap: '5s' }) }),
      }),
      { minLength: 1, maxLength: 3, selector: ({ id }) => id },
    ),
    runs: fc.uniqueArray(
      fc.record({
        id: fc.constantFrom('r1', 'r2'),
        total_instances: fc.constantFrom(0, 0, 0, 4),
        test_params: someParams,
        groups: fc.uniqueArray(
          fc.record({
            id: fc.constantFrom(...names, 'own'),
            group_id: fc.constantFrom(...names),
            instances: someCount,
            test_params: someParams,
            profiles: fc.constantFrom({}, { block: '1s' }),
          }),
          { minLength: 1, maxLength: 3, selector: ({ id }) => id },
        ),
      }),
      { maxLength: 2, selector: ({ id }) => id },
    ),
  })
  .map(({ global, groups, runs }) =>
    [
      `global = ${toml({ ...global, plan: 'p', case: 't', runner: 'local:exec' })}`,
      // With runs testground applies a group's percentage to each of them, and refuses it without a total.
      `groups = ${toml(runs.length === 0 ? groups : groups.map((group) => ({ ...group, instances: { count: 1 } })))}`,
      ...(runs.length === 0 ? [] : [`runs = ${toml(runs)}`]),
    ].join('\n'),
  );
