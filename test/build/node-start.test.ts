import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPackage } from '../../src/build/node/package.ts';
import { plainStart, startScript } from '../../src/build/node/start.ts';
import { programOf } from '../../src/build/tool/shell-program.ts';
import { buildHere } from '../support/build-in-process.ts';
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
  ])('%j', async (scripts, line, before) => {
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
    ['node x.ts', undefined],
  ])('%s: words that need no shell', (line, words) => {
    expect(plainStart(line)).toEqual(words);
  });

  test('no line that a shell would change counts as plain', () => {
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
  ])('%s: the program', (line, program) => {
    expect(programOf(line)).toBe(program);
  });
});

const scripts = (start: string, more: Readonly<Record<string, string>> = {}) =>
  JSON.stringify({ name: 'p', version: '1.2.3', config: { port: 7 }, scripts: { start, ...more } });
const change = (text: string) => text.replace('one', 'two');

describe('a plan whose start script is not plain', () => {
  test.each([
    ['a preload from a package', 'node -r pre/load ./index.js'],
    ['a preload of its own', 'node --require ./pre.js index.js'],
    ['a variable, arguments, an export from a package', 'WORD=one node index.js WORD'],
    ['steps', 'true && WORD=one node index.js && true'],
    ['quotes', 'WORD="one" node -e "require(\'./index.js\')"'],
  ])('%s', async (_, start) => {
    const repository = await repositoryWith({
      'plan/package.json': scripts(start),
      'plan/pre.js': "process.env.WORD = 'one';",
      'plan/node_modules/pre/load.js': "process.env.WORD = 'one';",
      'plan/index.js': "console.log(process.env.WORD, 'one');",
    });
    await expectCounts(repository, 'plan/index.js', change, ['one one', 'one two']);
  });

  test('tsx, and packages in TypeScript that are links', async () => {
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

  test('what npm says to scripts', async () => {
    const repository = await repositoryWith({
      'plan/package.json': scripts(
        'echo $npm_package_name $npm_package_version $npm_package_config_port $npm_lifecycle_event',
      ),
    });
    expect(await printed(repository)).toBe('p 1.2.3 7 start');
  });

  test('what it builds first is built once, and not in the plan’s folder', async () => {
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

  test('a prestart script is carried out; a file that `build` makes is made', async () => {
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
    [scripts('node dist/x.js'), /package\.json: the start script runs dist\/x\.js, which is not there\n/],
    [
      scripts('node dist/x.js', { build: 'true' }),
      /which is not there, and "npm run --silent build" did not make it\n/,
    ],
    [
      scripts('node x.js', { prestart: 'echo why; exit 3' }),
      /does not build with exec:node: echo why; exit 3 \(\/bin\/sh: status 3\)\n {2}why/,
    ],
  ])('says what is wrong: %s', async (manifest, words) => {
    const { plan, home } = await repositoryWith({ 'plan/package.json': manifest });
    const error: unknown = await buildHere({ builder: 'exec:node', dir: plan, home }).catch(
      (thrown) => thrown,
    );
    expect((error as { describe(): string }).describe()).toMatch(words);
  });
});

describe('a package.json', () => {
  test('with a byte order mark and CRLF', async () => {
    const repository = await repositoryWith({
      'plan/package.json': '\uFEFF{\r\n  "type": "module",\r\n  "main": "start.js"\r\n}\r\n',
      'plan/start.js': "import { basename } from 'node:path'; console.log(basename('a/b'));",
    });
    expect(await printed(repository)).toBe('b');
    expect(await readFile(join(repository.plan, 'package.json'), 'utf8')).toMatch(/^\uFEFF/);
  });

  test.each([
    ['{\n  // why\n}', /package\.json:2:3: JSON does not support comments\n {2}\/\/ why/],
    ['{\n  "a": 1,\n}', /package\.json:2:9: JSON does not support trailing commas/],
    ['[]', /package\.json: package\.json holds no object/],
    ['', /package\.json:1:1: /],
  ])('that is none: %j', async (text, words) => {
    const { plan, home } = await repositoryWith({ 'plan/package.json': text, 'plan/index.js': '' });
    const error: unknown = await buildHere({ builder: 'exec:node', dir: plan, home }).catch(
      (thrown) => thrown,
    );
    expect((error as { describe(): string }).describe()).toMatch(words);
  });
});
