import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { assert, constantFrom, property, string } from 'fast-check';
import { satisfies } from 'semver';
import { describe, expect, test } from 'vitest';
import { checkNodeRuns } from '../../src/builders/node/check.ts';
import { findEntry } from '../../src/builders/node/entry.ts';
import { readPackage } from '../../src/builders/node/package.ts';
import { plainStart, startScript, typeScriptRunBy } from '../../src/builders/node/start.ts';
import { programOf } from '../../src/builders/tool/shell-program.ts';
import type { TgError } from '../../src/util/errors.ts';
import { buildHere, someHome } from '../support/build-in-process.ts';
import { expectCounts, printed, repositoryWith } from '../support/node-plans.ts';
import { folderWith } from '../support/temp.ts';
import { root } from '../support/tg.ts';

async function startOf(scripts: Readonly<Record<string, string>>) {
  return startScript(await readPackage(await folderWith({ 'package.json': JSON.stringify({ scripts }) })));
}

describe('a start script', () => {
  test.each([
    [{ start: 'npm run build && node dist/x.js' }, 'node dist/x.js', ['npm run build']],
    [{ start: 'npm run serve -- --port 1', serve: 'node x.js' }, 'node x.js --port 1', []],
    [
      { start: 'yarn serve', preserve: 'tsc', serve: 'tsc -p b && tsx x.ts' },
      'tsx x.ts',
      ['tsc', 'tsc -p b'],
    ],
    [{ prestart: 'make', start: 'a && b' }, 'a && b', ['make']],
    [{ start: 'npm run a', a: 'npm run start' }, 'npm run start', []],
    [{ start: "sh -c 'tsc && node x.js'" }, "sh -c 'tsc && node x.js'", []],
    [{ start: 'pnpm none' }, 'pnpm none', []],
  ])('is resolved to its last command and the steps before it: %j', async (scripts, line, before) => {
    expect(await startOf(scripts)).toEqual({ line, before });
  });

  test.each([
    ['node x.js', { flags: [], entry: 'x.js', args: [] }],
    [
      'node --a --b=c/d ./lib/x.mjs --port 1 a=b',
      { flags: ['--a', '--b=c/d'], entry: 'lib/x.mjs', args: ['--port', '1', 'a=b'] },
    ],
    ['node -r dotenv/config x.js', undefined],
    ['node --import=./hooks.mjs x.js', undefined],
    ['node ../x.js', undefined],
    ['A=b node x.js', undefined],
    ['node x.js > out', undefined],
    ['node x.js $HOME', undefined],
    ['node --import ./hooks.mjs x.js', undefined],
    ['node --env-file .env x.js', undefined],
    ['node --watch src/x.ts a', { flags: ['--watch'], entry: 'src/x.ts', args: ['a'] }],
    [
      'node --experimental-strip-types --no-warnings x.mts',
      { flags: ['--no-warnings'], entry: 'x.mts', args: [] },
    ],
    ['node --import=tsx x.ts', undefined],
    ['node --import tsx x.ts', undefined],
    ['node --loader=ts-node/esm x.ts', undefined],
  ])('runs without a shell only if it is plain: %s', (line, words) => {
    expect(plainStart(line)).toEqual(words);
  });

  test('property: is not plain if it contains a character that is special to the shell', () => {
    const special = constantFrom(...'$`"\'\\;&|<>()*?[]{}~#!\n');
    void assert(
      property(string(), special, string(), (a, b, c) => {
        expect(plainStart(`node x.js ${a}${b}${c}`)).toBeUndefined();
      }),
    );
  });

  test.each([
    ['A=b C="d e" tsx x.ts', 'tsx'],
    ['exec node x', undefined],
    ['./run.sh', undefined],
    ['$X', undefined],
    ['A=b PATH=/x/bin tsx x.ts', undefined],
  ])('tells which program must be on PATH, if any: %s', (line, program) => {
    expect(programOf(line)).toBe(program);
  });
});

const scripts = (start: string, more: Readonly<Record<string, string>> = {}) =>
  JSON.stringify({ name: 'p', version: '1.2.3', config: { port: 7 }, scripts: { start, ...more } });
const change = (text: string) => text.replace('one', 'two');

describe('a plan whose start script is not plain', () => {
  test.each([
    ['a preload from a package', 'node -r pre/load ./index.js'],
    ['a preload of the plan itself', 'node --require ./pre.js index.js'],
    ['a variable and an argument', 'WORD=one node index.js WORD'],
    ['several steps', 'true && WORD=one node index.js && true'],
    ['quotes', 'WORD="one" node -e "require(\'./index.js\')"'],
  ])('runs with %s, and is rebuilt after a change', async (_, start) => {
    const repository = await repositoryWith({
      'plan/package.json': scripts(start),
      'plan/pre.js': "process.env.WORD = 'one';",
      'plan/node_modules/pre/load.js': "process.env.WORD = 'one';",
      'plan/index.js': "console.log(process.env.WORD, 'one');",
    });
    await expectCounts(repository, 'plan/index.js', change, ['one one', 'one two']);
  });

  test('runs with tsx and a linked package in TypeScript, and is rebuilt after a change', async () => {
    const repository = await repositoryWith(
      {
        'plan/package.json': scripts('tsx ./src/index.ts'),
        'plan/tsconfig.json': '{"extends":"../tsconfig.base.json"}',
        'tsconfig.base.json': '{"compilerOptions":{"paths":{"@l/*":["./lib/*"]}}}',
        'lib/x.ts': "export const far = 'far' as string;",
        'shared/package.json': '{"name":"shared","exports":"./s.ts"}',
        'shared/s.ts': "export const word: string = 'one';",
        'plan/src/index.ts':
          "import { word } from 'shared'; import { far } from '../../lib/x'; console.log(word, far);",
      },
      { links: { 'plan/node_modules/shared': 'shared' } },
    );
    await mkdir(join(repository.plan, 'node_modules', '.bin'));
    await writeFile(
      join(repository.plan, 'node_modules', '.bin', 'tsx'),
      `#!/bin/sh\nexec node ${join(root, 'node_modules/tsx/dist/cli.mjs')} "$@"\n`,
      { mode: 0o755 },
    );
    await expectCounts(repository, 'shared/s.ts', change, ['one far', 'two far']);
  });

  test.each([
    ['only the file', 'node src/index.ts'],
    ['a flag that an earlier Node refuses', 'node --experimental-transform-types ./src/index.ts'],
    ['an argument', 'node src/index.ts argument'],
    ['a variable', 'A=b node src/index.ts'],
    [
      'a flag with a value, and several steps',
      'true && node --experimental-strip-types --title plan src/index.ts && true',
    ],
    ['main of package.json', 'node .'],
    ['another script', 'npm run serve'],
    ['a build step before it', 'npm run build && node src/index.ts'],
  ])(
    'runs TypeScript that it starts with plain Node, and is rebuilt after a change: %s',
    async (_, start) => {
      const manifest = {
        ...{ name: 'p', type: 'module', main: 'src/index.ts', dependencies: { dep: '1' } },
        scripts: { start, serve: 'node src/index.ts', build: 'true', prestart: 'cp made.txt src/made.ts' },
      };
      const repository = await repositoryWith({
        'plan/package.json': JSON.stringify(manifest),
        'plan/made.txt': "export const made: string = 'made';",
        'plan/node_modules/dep/package.json': '{"name":"dep","main":"d.js"}',
        'plan/node_modules/dep/d.js': "exports.dep = 'dep';",
        'plan/src/word.ts': "export enum Word { one = 'one' }",
        'plan/src/index.ts':
          "import { dep } from 'dep';\nimport { made } from './made';\nimport { Word } from './word';\nconsole.log(Word.one, made, dep);",
      });
      await expectCounts(repository, 'plan/src/word.ts', (text) => text.replace("'one'", "'two'"), [
        'one made dep',
        'two made dep',
      ]);
    },
  );

  test('names the TypeScript line of an error if it starts TypeScript with plain Node', async () => {
    const { plan, home } = await repositoryWith({
      'plan/package.json': scripts('A=b node src/index.ts'),
      'plan/src/index.ts': "\nthrow new Error('here' as string);",
    });
    const { command, dir } = await buildHere({ builder: 'exec:node', dir: plan, home });
    const [program, ...args] = command;
    const { stderr } = await execa(program, args, { cwd: dir, reject: false });
    expect(stderr).toMatch(/src\/index\.ts:2\b/);
  });

  test('gives its start script the npm_* variables', async () => {
    const repository = await repositoryWith({
      'plan/package.json': scripts(
        'echo $npm_package_name $npm_package_version $npm_package_config_port $npm_lifecycle_event',
      ),
    });
    expect(await printed(repository)).toBe('p 1.2.3 7 start');
  });

  test('runs its build step once, and not in the plan’s folder', async () => {
    const repository = await repositoryWith({
      'plan/package.json': scripts('npm run build && node dist/x.js', {
        build:
          "mkdir -p dist && node -e \"require('fs').writeFileSync('dist/x.js', 'console.log(' + JSON.stringify(require('./word')) + ', ' + Date.now() + ')')\"",
      }),
      'plan/word.js': "module.exports = 'one';",
    });
    const first = await printed(repository);
    expect(first).toMatch(/^one \d+$/);
    expect(await printed(repository)).toBe(first);
    expect(await readdir(repository.plan)).toEqual(['package.json', 'word.js']);
  });

  test('runs prestart, and runs build if that makes the file to start', async () => {
    const repository = await repositoryWith({
      'plan/package.json': scripts('node dist/x.js', { prestart: 'mkdir -p dist && cp x.js dist' }),
      'plan/x.js': "console.log('one');",
      'b/package.json': scripts('node dist/x.js', { build: 'mkdir -p dist && cp x.js dist' }),
      'b/x.js': "console.log('b');",
    });
    await expectCounts(repository, 'plan/x.js', change, ['one', 'two']);
    expect(await printed({ ...repository, plan: join(repository.root, 'b') })).toBe('b');
  });

  test.each([
    [
      scripts('tsz src/index.ts'),
      /package\.json: the start script runs tsz, which is not installed\n.*npm install --save-dev tsz/,
    ],
    [scripts('node dist/x.js'), /package\.json: the start script runs dist\/x\.js, which does not exist\n/],
    [
      scripts('node dist/x.js', { build: 'true' }),
      /which does not exist, and "npm run --silent build" did not create it\n/,
    ],
    [scripts('node none.ts'), /package\.json: the start script runs none\.ts, which does not exist\n/],
    [
      scripts('node x.js', { prestart: 'echo why; exit 3' }),
      /does not build with exec:node: echo why; exit 3 \(\/bin\/sh: status 3\)\n {2}why/,
    ],
  ])('is refused with a reason: %s', async (manifest, words) => {
    const { plan, home } = await repositoryWith({ 'plan/package.json': manifest });
    const error: unknown = await buildHere({ builder: 'exec:node', dir: plan, home }).catch(
      (thrown) => thrown,
    );
    expect((error as { describe(): string }).describe()).toMatch(words);
  });
});

describe('a start script that has Node run TypeScript and cannot be rewritten', () => {
  const cases: readonly (readonly [start: string, file: string, advised: string])[] = [
    ['cd src && node index.ts', 'index.ts', 'FILE'],
    ['sh -c "node src/index.ts"', 'src/index.ts', 'src/index.ts'],
    ['node src/index.ts && node src/index.ts && node src/other.ts', 'src/index.ts', 'src/index.ts'],
  ];
  const planWith = (start: string) =>
    folderWith({ 'package.json': scripts(start), 'src/index.ts': '', 'src/other.ts': '' });
  const refusal = (dir: string, [, file, advised]: (typeof cases)[number], version: string) =>
    `${dir}/package.json: the start script runs ${file} with Node ${version}, which does not run TypeScript\n  Write only "start": "node ${advised}", which tg bundles, or use --build-cfg entry=${advised}. A loader (tsx) or Node 22.18 or later runs it too.`;

  test.each(cases)('is refused only for a Node that does not run TypeScript: %s', async (...one) => {
    const dir = await planWith(one[0]);
    const entry = findEntry(dir, undefined, await readPackage(dir));
    const check = (version: string) => () =>
      checkNodeRuns(dir, entry, { version, program: undefined, note: undefined });
    for (const version of ['v20.19.0', 'v22.17.1', 'v23.5.0'])
      expect(check(version)).toThrow(
        expect.toSatisfy((error: TgError) => error.describe() === refusal(dir, one, version)),
      );
    for (const version of ['v22.18.0', 'v23.6.0', 'v24.0.0']) expect(check(version)).not.toThrow();
  });

  test.each(cases)('is checked for the Node that runs the plan: %s', async (...one) => {
    const dir = await planWith(one[0]);
    const built = await buildHere({ builder: 'exec:node', dir, home: await someHome() }).then(
      () => 'built',
      (error: TgError) => error.describe(),
    );
    const runsTypeScript = satisfies(process.version, '^22.18.0 || >=23.6.0');
    expect(built).toBe(runsTypeScript ? 'built' : refusal(dir, one, process.version));
  });
});

test.each([
  ['cd src && node index.ts', ['index.ts']],
  ['sh -c "node ./src/index.mts"', ['src/index.mts']],
  ['node a.ts && node a.ts && node --title t b.cts', ['a.ts', 'b.cts']],
  // Something else may compile these.
  ['cd src && NODE_OPTIONS=--import=./x.mjs node index.ts', []],
  ['node -r tsx/cjs index.ts', []],
  ['sh -c "tsx src/index.ts"', []],
  ['echo x.ts', []],
  ['node index.js', []],
])('typeScriptRunBy finds the TypeScript that Node alone runs: %s', (start, files) => {
  expect(typeScriptRunBy(start)).toEqual(files);
});

describe('a package.json', () => {
  test('may have a byte order mark and CRLF, and is not changed', async () => {
    const text = '\uFEFF{\r\n  "type": "module",\r\n  "main": "start.js"\r\n}\r\n';
    const repository = await repositoryWith({
      'plan/package.json': text,
      'plan/start.js': "import { basename } from 'node:path'; console.log(basename('a/b'));",
    });
    expect(await printed(repository)).toBe('b');
    expect(await readFile(join(repository.plan, 'package.json'), 'utf8')).toBe(text);
  });

  test.each([
    ['{\n  // why\n}', /package\.json:2:3: JSON does not support comments\n {2}\/\/ why/],
    ['{\n  "a": 1,\n}', /package\.json:2:9: JSON does not support trailing commas/],
    ['[]', /package\.json: package\.json is not an object/],
    ['', /package\.json:1:1: Unexpected end of file in JSON/],
  ])('is refused with a reason if it is invalid: %j', async (text, words) => {
    const { plan, home } = await repositoryWith({ 'plan/package.json': text, 'plan/index.js': '' });
    const error: unknown = await buildHere({ builder: 'exec:node', dir: plan, home }).catch(
      (thrown) => thrown,
    );
    expect((error as { describe(): string }).describe()).toMatch(words);
  });
});
