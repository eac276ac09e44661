import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readComposition } from '../../src/plan/composition/read.ts';
import { runsOf } from '../../src/plan/composition/runs.ts';
import { readManifest } from '../../src/plan/manifest/manifest.ts';
import { manifestFile } from '../../src/plan/manifest/manifest-file.ts';
import { TgError } from '../../src/util/errors.ts';
import { folderWith } from '../support/temp.ts';

/** The error for a file as a user reads it, or its unknown keys; without the path of its folder. */
async function saidOf(file: string, text: string): Promise<string> {
  const dir = await folderWith({ [file]: text });
  const words = (problems: readonly TgError[]) => problems.map((problem) => problem.describe()).join('\n');
  const read = async () => {
    if (file === manifestFile) return words((await readManifest(dir)).unknown);
    const composition = await readComposition(join(dir, file), { SET: 'x' });
    runsOf(composition);
    return words(composition.unknown);
  };
  const said = await read().catch((error: unknown) => {
    if (error instanceof TgError) return error.describe();
    throw error;
  });
  return said.replaceAll(`${dir}/`, '');
}

const manifest = (rest: string, name = 'name = "p"') => `${name}\n${rest}`;

describe('a manifest with problems', () => {
  test.each<[string, string]>([
    ['', 'manifest.toml:1:1: name: is missing; it must be a string'],
    ['name = ', 'manifest.toml:1:8: broken TOML: invalid value'],
    [manifest('sdk = "yes"'), 'manifest.toml:2:1: sdk: must be true or false, not "yes"'],
    [manifest('testcases = 1'), 'manifest.toml:2:1: testcases: must be an array, not 1'],
    [manifest('[[testcases]]'), 'manifest.toml:2:1: testcases[0].name: is missing; it must be a string'],
    [manifest('[[testcases]]\nname = ""'), 'manifest.toml:3:1: testcases[0].name: must not be empty, not ""'],
    [
      manifest('[[testcases]]\nname = "t"\ninstances = { min = 5, max = 2 }'),
      'manifest.toml:4:1: testcases[0].instances: min must not be greater than max, not {"min":5,"max":2}',
    ],
    [
      manifest('[[testcases]]\nname = "t"\ninstances = { min = -1 }'),
      'manifest.toml:4:15: testcases[0].instances.min: must be at least 0, not -1',
    ],
    [
      manifest('[[testcases]]\nname = "t"\ninstances = { min = 1.5 }'),
      'manifest.toml:4:15: testcases[0].instances.min: must be a whole number, not 1.5',
    ],
    [
      manifest('[[testcases]]\nname = "t"\n[[testcases]]\nname = "t"'),
      'manifest.toml:5:1: testcases[1].name: duplicate test case "t": the first one is used',
    ],
    [
      manifest('[[testcases]]\nname = "t"\n[testcases.params]\nx = 3'),
      'manifest.toml:5:1: testcases[0].params.x: must be a table, not 3',
    ],
    [
      manifest('[builders."exec:go"]\nenabled = "no"'),
      'manifest.toml:3:1: builders."exec:go".enabled: must be true or false, not "no"',
    ],
    [manifest('[runners]\nlocal = 1'), 'manifest.toml:3:1: runners.local: must be a table, not 1'],
    [
      manifest('extra_sources = { a = "x" }'),
      'manifest.toml:2:19: extra_sources.a: must be an array, not "x"',
    ],
    [
      manifest('[metrics.latency]\nunit = 3'),
      'manifest.toml:3:1: metrics.latency.unit: must be a string, not 3',
    ],
    [
      manifest('[metrics.latency]\nunit = ""'),
      'manifest.toml:3:1: metrics.latency.unit: must be 1 to 24 characters, not ""',
    ],
    [
      manifest('[metrics.latency]\nunits = "ms"'),
      'manifest.toml:3:1: unknown key metrics.latency.units\n  Did you mean unit?',
    ],
    [manifest('[metrics]\nlatency = "ms"'), 'manifest.toml:3:1: metrics.latency: must be a table, not "ms"'],
    ['\uFEFFname = "p"\nbogus = 1', 'manifest.toml:2:1: unknown key bogus'],
    [
      manifest('[[testcases]]\nname = "t"\ninstances = { max = 9007199254740993 }'),
      'manifest.toml:4:15: testcases[0].instances.max: must be a whole number up to 9007199254740991, not 9007199254740993',
    ],
    [
      manifest(`[${Array(20_000).fill('a').join('.')}]\nx = 1`),
      'manifest.toml: tables are nested more than 100 deep',
    ],
    [
      manifest('[builders.__proto__]\nx = 1'),
      'manifest.toml:2:1: builders.__proto__: the name __proto__ is reserved',
    ],
    [manifest('defaults = "x"'), 'manifest.toml:2:1: defaults: must be a table, not "x"'],
    [
      'nmae = "p"\nname = 3\n[[testcases]]\nname = "t"\n[[testcases]]\nname = "t"\ninstances = 3',
      [
        '3 problems:',
        '- manifest.toml:2:1: name: must be a string, not 3',
        '- manifest.toml:7:1: testcases[1].instances: must be a table, not 3',
        // The missing key may be the misspelt one.
        '- manifest.toml:1:1: unknown key nmae\n    Did you mean name?',
      ].join('\n'),
    ],
    // Unknown keys are not errors.
    [
      'nmae = "q"\nname = "p"\n[[testcases]]\nname = "t"\ninstance = { min = 1 }\n[testcases.params]\nx = { tpye = "int" }',
      [
        'manifest.toml:1:1: unknown key nmae\n  Did you mean name?',
        'manifest.toml:5:1: unknown key testcases[0].instance\n  Did you mean instances?',
        'manifest.toml:7:7: unknown key testcases[0].params.x.tpye\n  Did you mean type?',
      ].join('\n'),
    ],
    [
      manifest('[builders."exec:go"]\nanything = 1\n[owner]\nwho = "me"'),
      'manifest.toml:4:1: unknown key owner',
    ],
  ])('is reported problem by problem, with place, value and what is allowed: %j', async (text, said) => {
    // smol-toml quotes the line too.
    expect((await saidOf(manifestFile, text)).replace(/\n {2}1: .*/s, '')).toBe(said);
  });
});

const composition = (rest: string, group = 'instances = { count = 1 }') =>
  `[global]\nplan = "p"\ncase = "c"\n[[groups]]\nid = "a"\n${group}\n${rest}`;

describe('a composition with problems', () => {
  test.each<[string, string]>([
    [
      '',
      [
        '2 problems:',
        '- c.toml:1:1: global: is missing; it must be a table',
        '- c.toml:1:1: groups: is missing; it must be an array',
      ].join('\n'),
    ],
    [
      '[global]\nplan = ""\n',
      [
        '3 problems:',
        '- c.toml:1:1: global.case: is missing; it must be a string',
        '- c.toml:1:1: groups: is missing; it must be an array',
        '- c.toml:2:1: global.plan: must not be empty, not ""',
      ].join('\n'),
    ],
    [
      'groups = []\n[global]\nplan = "p"\ncase = "c"',
      'c.toml:1:1: groups: must have at least one entry, not []',
    ],
    [
      composition('', ''),
      'c.toml: groups[0].instances: the number of instances is missing\n  Give a count, or a percentage.',
    ],
    [
      composition('', 'instances = { count = 1, percentage = 0.5 }'),
      'c.toml:6:1: groups[0].instances: must have either a count or a percentage, not {"count":1,"percentage":0.5}',
    ],
    [
      composition('', 'instances = { percentage = 1.5 }'),
      'c.toml:6:15: groups[0].instances.percentage: must be at most 1, not 1.5',
    ],
    [
      composition('', 'instances = { percentage = 0.5 }'),
      'c.toml: groups[0].instances: the percentage 0.5 needs total_instances\n  Set total_instances below [global], or give this group a count.',
    ],
    [
      composition('[[groups]]\nid = "b"\ninstances = { count = 2 }').replace(
        '[global]',
        '[global]\ntotal_instances = 4',
      ),
      'c.toml: global.total_instances: the groups have 3 instances together, not 4\n  a: 1, b: 2',
    ],
    [
      composition('[[groups]]\nid = "a"\ninstances = { count = 2 }'),
      'c.toml:8:1: groups[1].id: is the id of another group: it must be unique, not "a"',
    ],
    [
      composition('expect = "explode"'),
      'c.toml:7:1: groups[0].expect: must be "success" or "failure" or "crash" or "killed" or "running", not "explode"',
    ],
    [
      composition('[[groups]]\nid = ".hidden"\ninstances = { count = 2 }'),
      'c.toml:8:1: groups[1].id: must be a name without a slash or comma that does not begin with a dot, not ".hidden"',
    ],
    [
      composition('[[groups]]\nid = "result.json"\ninstances = { count = 2 }'),
      'c.toml:8:1: groups[1].id: must be a name that does not end in .json, .ndjson or .toml, not "result.json"',
    ],
    [
      composition('[groups.build]\nselectors = "x"'),
      'c.toml:8:1: groups[0].build.selectors: must be an array, not "x"',
    ],
    [
      composition('[[groups.build.dependencies]]\nversion = "1"'),
      'c.toml:7:1: groups[0].build.dependencies[0].module: is missing; it must be a string',
    ],
    [
      composition('[[groups.build.dependencies]]\nmodule = "m"'),
      'c.toml: groups[0].build.dependencies: cannot be read as a dependency: "m="\n  Write module=target@version, module=@version for another version of it, or module=./folder.',
    ],
    [
      composition('[[runs]]\nid = "r"\ngroups = []'),
      'c.toml:9:1: runs[0].groups: must have at least one entry, not []',
    ],
    [
      composition('[[runs]]\nid = "r"\n[[runs.groups]]\nid = "aa"'),
      'c.toml: runs[0].groups[0]: there is no group "aa"\n  Did you mean a?',
    ],
    [
      composition(
        '[[runs]]\nid = "r"\ntotal_instances = 3\n[[runs.groups]]\nid = "a"\n[[runs.groups]]\nid = "b"\ngroup_id = "a"',
      ),
      'c.toml: runs[0].total_instances: the groups have 2 instances together, not 3\n  a: 1, b: 1',
    ],
    [
      composition('[[runs]]\nid = "r"\n[[runs.groups]]\nid = "a"\n[[runs.groups]]\nid = "a"'),
      'c.toml:12:1: runs[0].groups[1].id: is the id of another group of this run: it must be unique, not "a"',
    ],
    [
      composition(
        '[[runs]]\nid = "r"\n[[runs.groups]]\nid = "x"\n[[runs]]\nid = "s"\n[[runs.groups]]\nid = "y"',
      ),
      [
        '2 problems:',
        '- c.toml: runs[0].groups[0]: there is no group "x"\n    Did you mean a?',
        '- c.toml: runs[1].groups[0]: there is no group "y"\n    Did you mean a?',
      ].join('\n'),
    ],
    [
      composition('[network]\npartitions = [["a"]]'),
      'c.toml:8:15: network.partitions[0]: must have at least 2 entries, not ["a"]',
    ],
    [composition('[matrix]\nn = []'), 'c.toml:8:1: matrix.n: must have at least one entry, not []'],
    [composition('[matrix]\nn = 3'), 'c.toml:8:1: matrix.n: must be an array, not 3'],
    [
      composition('[groups.run]\nartifact_path = "x"\n[global.run]\ntest_parms = { a = 1 }'),
      [
        'c.toml:8:1: unknown key groups[0].run.artifact_path\n  Did you mean artifact?',
        'c.toml:10:1: unknown key global.run.test_parms\n  Did you mean test_params?',
      ].join('\n'),
    ],
  ])('is reported with the place and value of each problem, and what is allowed: %j', async (text, said) => {
    expect(await saidOf('c.toml', text)).toBe(said);
  });

  test.each<[string, string]>([
    ['{{ .Evn.X }}', 'c.toml:2:4: there is no .Evn here\n  There is .Env.'],
    ['{{ if .Env.X }}', 'c.toml:2:1: this {{if}} has no {{end}}'],
    ['{{ end }}', 'c.toml:2:1: unexpected {{end}}'],
    ['{{ splt "a" }}', 'c.toml:2:4: there is no function "splt"\n  Did you mean split, lt?'],
    ['{{ js "a" }}', 'c.toml:2:4: the function js is not supported'],
    ['{{ atoi .Env.SET }}', 'c.toml:2:4: atoi: not an integer: "x"'],
    ['{{ atoi .Env.NOT_SET }}', 'c.toml:2:4: atoi: expected a string, not nothing: no such key'],
    ['{{ range 100000000000 }}{{ end }}', 'c.toml:2:1: the template takes more than five million steps'],
    ['{{ printf "%900000000d" 3 }}', 'c.toml:2:4: printf: %900000000d requests too many characters'],
    [
      `{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`,
      'c.toml: the template is nested too deeply\n  Split it, or remove parentheses.',
    ],
    ['{{ $x }}', 'c.toml:2:4: the variable $x is not defined here'],
    [
      '{{ printf "%z" 1 }}',
      'c.toml:2:4: printf: %z is not supported\n  Known: v, s, q, t, d, o, b, x, X, c, U, f, F, e, E, g, G.',
    ],
    ['{{ "open }}', 'c.toml:2:4: this string does not end\n  End it with ".'],
    ['{{ .Env', 'c.toml:2:1: this action does not end\n  End it with }}.'],
    [
      'x = "{{ .Env.SET }}" y',
      'c.toml:2:22: broken TOML: each key-value declaration must be followed by an end-of-line',
    ],
  ])('is reported with the problem of its template: %j', async (action, said) => {
    const text = `# a comment\n${action}\n`;
    expect((await saidOf('c.toml', text)).split('\n\n')[0]?.replace(/\n {2}\d+:.*/s, '')).toBe(said);
  });

  test('is reported with the problem of each group that a range in its template makes', async () => {
    const groups =
      '{{ range split "a,b" }}\n[[groups]]\nid = "{{ . }}"\ninstances = { cuont = 1 }\n{{ end }}';
    const missing = (index: number) =>
      `- c.toml: groups[${index}].instances: the number of instances is missing\n    Give a count, or a percentage.`;
    expect(await saidOf('c.toml', `${groups}\n[global]\nplan = "p"\ncase = "c"\n`)).toBe(
      ['2 problems:', missing(0), missing(1)].join('\n'),
    );
  });
});

describe('property: a broken file', () => {
  const whole = {
    'manifest.toml': `name = "p"
[defaults]
builder = "exec:go"
[builders."exec:go"]
enabled = true
[[testcases]]
name = "t"
instances = { min = 1, max = 5, default = 2 }
[testcases.params]
x = { type = "int", desc = "d", unit = "u", default = 3 }
`,
    'c.toml': `[metadata]
name = "m"
[global]
plan = "p"
case = "t"
total_instances = 4
[global.build]
dependencies = [{ module = "m", version = "v" }]
[global.run]
test_params = { x = 1 }
[[groups]]
id = "a"
instances = { percentage = 0.5 }
{{ range split "b,c" }}
[[groups]]
id = "{{ . }}"
instances = { count = {{ atoi "1" }} }
{{ end }}
[[runs]]
id = "r"
total_instances = 2
[[runs.groups]]
id = "a"
`,
  };

  test.each(Object.entries(whole))(
    'causes errors that begin with its name and a place in it, never a stack: %s',
    async (file, text) => {
      const lines = text.split('\n');
      const line = fc.nat({ max: lines.length - 1 });
      const value = fc.constantFrom(
        '1',
        '-1',
        '"x"',
        '[]',
        '{}',
        'true',
        '[1]',
        '{ y = 1 }',
        '""',
        '1.5',
        'nan',
        '1979-05-27',
        '',
      );
      const key = fc.constantFrom(
        'id',
        'name',
        'instances',
        'groups',
        'global',
        'x',
        '"a b"',
        'groups.x',
        'constructor',
        '__proto__',
        '',
      );
      const change = fc.oneof(
        line.map((at) => (all: string[]) => all.toSpliced(at, 1)),
        fc.tuple(line, line).map(
          ([from, to]) =>
            (all: string[]) =>
              all.toSpliced(to, 0, all[from] ?? ''),
        ),
        fc.tuple(line, value).map(
          ([at, its]) =>
            (all: string[]) =>
              all.with(at % all.length, (all[at % all.length] ?? '').replace(/=.*/s, `= ${its}`)),
        ),
        fc.tuple(line, key, value).map(
          ([at, name, its]) =>
            (all: string[]) =>
              all.toSpliced(at, 0, `${name} = ${its}`),
        ),
        fc
          .tuple(line, fc.nat(40), fc.string({ unit: 'grapheme', maxLength: 3 }))
          .map(([at, place, its]) => (all: string[]) => {
            const whole = all[at % all.length] ?? '';
            return all.with(at % all.length, whole.slice(0, place) + its + whole.slice(place + 1));
          }),
      );
      // A problem between values of several places, which only a composition has, is named by its key.
      const place =
        file === manifestFile
          ? '(?<line>:\\d+):\\d+'
          : '(?:(?<line>:\\d+):\\d+|: (?:global|groups\\[\\d+\\]|runs\\[\\d+\\])[\\w.[\\]]*)';
      const problemAtPlace = new RegExp(`^(?:- )?${file}${place}: .`);
      let broken = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
          const changed = changes
            .reduce((all, apply) => (all.length === 0 ? all : apply(all)), lines)
            .join('\n');
          const said = await saidOf(file, changed);
          if (said === '') return;
          broken++;
          for (const problem of said.split('\n').filter((message) => !/^ |^\d+ problems:$/.test(message))) {
            expect(problem).toMatch(problemAtPlace);
            const line = problemAtPlace.exec(problem)?.groups?.['line'] ?? ':1';
            expect(Number(line.slice(1))).toBeLessThanOrEqual(changed.split('\n').length);
          }
        }),
        { numRuns: 400 },
      );
      expect(broken).toBeGreaterThan(200);
    },
  );
});
