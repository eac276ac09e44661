import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planWith } from '../support/plans.ts';
import { folderWith } from '../support/temp.ts';
import {
  idOnceSaid,
  instanceFile,
  outputsOf,
  single,
  someMachine,
  startTg,
  tg,
  verdictsOf,
} from '../support/tg.ts';
import { toolchainEnv } from '../support/toolchains.ts';

describe.concurrent('exec:node', () => {
  test('builds a plan once, and again after a change', async () => {
    const machine = await someMachine();
    const plan = await planWith('console.log("one")');
    const artifact = (stdout: string) => /"artifact": "([^"]+)"/.exec(stdout)?.[1];
    const [first, second] = [await tg(machine, single(plan)), await tg(machine, single(plan))];
    expect(artifact(second.stdout)).toBe(artifact(first.stdout));
    await writeFile(join(plan, 'index.mjs'), 'console.log("two")');
    const third = await tg(machine, single(plan));
    expect(artifact(third.stdout)).not.toBe(artifact(first.stdout));
    expect(await instanceFile(machine, third.runId, 0, 'run.out')).toBe('two\n');
  });

  test.each([
    ['JavaScript with a syntax error', { 'index.mjs': 'const x = ;' }, /index\.mjs:1:10/],
    [
      'TypeScript with a syntax error',
      { 'index.mjs': '', 'index.ts': 'const x: number = ;' },
      /index\.ts:1:18/,
    ],
    [
      'TypeScript that imports a missing file',
      { 'index.mjs': '', 'index.ts': 'import "./no.ts"' },
      /Could not resolve "\.\/no\.ts"/,
    ],
  ])('exits 4 with the compiler’s message for %s', async (_, files, words) => {
    const machine = await someMachine();
    const run = await tg(machine, single(await planWith('', { files })));
    expect(run.code).toBe(4);
    expect(run.stderr).toMatch(/^error: .*the plan does not build with exec:node/);
    expect(run.stderr).toMatch(words);
    const result = await readFile(join(await outputsOf(machine, run.runId), 'result.json'), 'utf8');
    expect(JSON.parse(result)).toMatchObject({
      outcome: 'error',
      error: expect.stringMatching(words),
      groups: [],
    });
    expect((await readdir(join(machine.home, 'data', 'work'))).length).toBe(0);
  });

  test('finds the plan’s own packages, from CommonJS files too', async () => {
    const machine = await someMachine();
    const plan = await planWith('import say from "say"; import { word } from "./lib/word.cjs"; say(word);', {
      files: {
        'lib/word.cjs': 'exports.word = require("words").word;',
        'node_modules/say/package.json': '{"name":"say","main":"say.js"}',
        'node_modules/say/say.js': 'module.exports = (word) => console.log(word);',
        'node_modules/words/index.js': 'exports.word = "found";',
      },
    });
    const run = await tg(machine, single(plan));
    expect(run.all).toContain('OTHER << single[000] >> found');
    expect(run.code).toBe(0);
  });

  test('runs TypeScript with imports and an entry of any name, and maps stack traces to its lines', async () => {
    const machine = await someMachine();
    const plan = await planWith('', {
      files: {
        'src/start.ts': `import { helper } from './helper.ts';\nimport { readFileSync } from 'node:fs';\n\nconsole.log(readFileSync(new URL('./near.txt', import.meta.url), 'utf8'), typeof require, __dirname.length > 0);\nhelper(1 as number);\n`,
        'src/helper.ts': 'export function helper(n: number): void {\n  throw new Error(`helper ${n}`);\n}\n',
        'src/near.txt': 'near',
      },
    });
    const run = await tg(machine, single(plan, '--build-cfg', 'entry=src/start.ts'));
    expect(run.code).toBe(1);
    expect(run.stdout).toContain('near function true');
    expect(run.stdout).toMatch(/src\/helper\.ts:2/);
  });

  test('names a package that is not installed, and builds the plan once it is', async () => {
    const machine = await someMachine();
    const plan = await planWith('import say from "say"; say();');
    const before = await tg(machine, single(plan));
    expect(before.code).toBe(4);
    expect(before.stderr).toMatch(/index\.mjs:1: the plan imports "say", which is not installed\n/);
    await mkdir(join(plan, 'node_modules', 'say'), { recursive: true });
    await writeFile(
      join(plan, 'node_modules', 'say', 'index.js'),
      'module.exports = () => console.log("found");',
    );
    const after = await tg(machine, single(plan));
    expect(after.code).toBe(0);
    expect(await instanceFile(machine, after.runId, 0, 'run.out')).toBe('found\n');
  });

  test('finds packages in folders above the plan, as in a monorepo', async () => {
    const machine = await someMachine();
    const plan = await planWith('import say from "say"; say();');
    const repo = await folderWith({
      'node_modules/say/index.js': 'module.exports = () => console.log("above");',
      'plans/mine/manifest.toml': '',
      'plans/mine/index.mjs': 'import say from "say"; say();',
    });
    await writeFile(
      join(repo, 'plans/mine/manifest.toml'),
      'name = "mine"\n[defaults]\nbuilder = "exec:node"\n[[testcases]]\nname = "t"\ninstances = { default = 1 }\n',
    );
    const run = await tg(machine, single(join(repo, 'plans/mine')));
    expect(run.code, run.all).toBe(0);
    expect(await instanceFile(machine, run.runId, 0, 'run.out')).toBe('above\n');
    expect((await tg(machine, single(plan))).code).toBe(4);
  });

  test('detects the SDK despite an import that cannot be resolved', async () => {
    const machine = await someMachine();
    const plan = await planWith(
      'import "testground-tg/sdk"; if (process.env.NEVER) await import("./generated.mjs");',
    );
    const run = await tg(machine, single(plan));
    expect((await verdictsOf(machine, run.runId))[0]).toMatch(/^incomplete/);
  });

  test('does not treat archives and a home inside the plan’s folder as sources', async () => {
    const plan = await planWith('console.log("x")');
    const machine = { ...(await someMachine()), cwd: plan };
    const here = { ...machine, env: { ...machine.env, TESTGROUND_HOME: join(plan, 'home') } };
    const artifacts = new Set<string>();
    for (let run = 0; run < 3; run++) {
      const { stdout, code } = await tg(here, single('.', '--collect'));
      expect(code).toBe(0);
      artifacts.add(/"artifact": "([^"]+)"/.exec(stdout)?.[1] ?? '');
    }
    expect(artifacts.size).toBe(1);
  });

  test('builds JavaScript with import() of any file, its own package name, and one scope in two folders', async () => {
    const machine = await someMachine();
    const repo = await folderWith({
      'node_modules/@s/far/index.js': 'exports.far = "far";',
      'pk/node_modules/@s/near/index.js': 'exports.near = "near";',
      'pk/plan/manifest.toml':
        'name = "mine"\n[defaults]\nbuilder = "exec:node"\n[[testcases]]\nname = "t"\ninstances = { default = 1 }\n',
      'pk/plan/package.json':
        '{"name":"mine","type":"module","main":"start.js","exports":{"./own":"./own.js"}}',
      'pk/plan/own.js': 'export const own = "own";',
      'pk/plan/optional.js': 'import "not-installed";',
      'pk/plan/cases/broken.js': 'const = 1',
      'pk/plan/start.js': `import { own } from 'mine/own'; import far from '@s/far'; import near from '@s/near';
        for (const name of []) await import(\`./cases/\${name}.js\`);
        try { await import('./optional.js'); } catch {}
        console.log(own, far.far, near.near);`,
    });
    const run = await tg(machine, single(join(repo, 'pk/plan')));
    expect(run.code, run.all).toBe(0);
    expect(await instanceFile(machine, run.runId, 0, 'run.out')).toBe('own far near\n');
  });

  test('exits 4 for a syntax error in a file that is required indirectly', async () => {
    const plan = await planWith('import "./a.cjs"', {
      files: { 'a.cjs': 'require("./b")', 'b.js': 'const = 1' },
    });
    const run = await tg(await someMachine(), single(plan));
    expect(run.code).toBe(4);
    expect(run.stderr).toMatch(/b\.js:1:6/);
  });

  test('follows symbolic links, except in circles', async () => {
    const machine = await someMachine();
    const elsewhere = await folderWith({ 'word.txt': 'linked' });
    const plan = await planWith(
      'import { readFileSync } from "node:fs"; console.log(readFileSync("link/word.txt", "utf8"));',
    );
    await symlink(elsewhere, join(plan, 'link'));
    await symlink('.', join(plan, 'circle'));
    const run = await tg(machine, single(plan));
    expect(await instanceFile(machine, run.runId, 0, 'run.out')).toBe('linked\n');
  });

  test.each(['../other.mjs', '/etc/hostname'])('refuses an entry outside the plan: %s', async (entry) => {
    const run = await tg(await someMachine(), single(await planWith(''), '--build-cfg', `entry=${entry}`));
    expect(run.code).toBe(4);
    expect(run.stderr).toContain(`the entry "${entry}" is not inside the plan`);
  });

  test('installs the packages of a lock file without changing the plan’s folder; exits 4 if that fails', async () => {
    const machine = await someMachine(toolchainEnv());
    // The package is a folder of the plan: nothing is fetched.
    const plan = await planWith('import word from "word"; console.log(word);', {
      files: {
        'package.json': '{"name":"p","version":"1.0.0","dependencies":{"word":"file:./word"}}',
        'package-lock.json': JSON.stringify({
          name: 'p',
          version: '1.0.0',
          lockfileVersion: 3,
          requires: true,
          packages: {
            '': { name: 'p', version: '1.0.0', dependencies: { word: 'file:./word' } },
            'node_modules/word': { resolved: 'word', link: true },
            word: { version: '1.0.0' },
          },
        }),
        'word/package.json': '{"name":"word","version":"1.0.0","main":"word.js"}',
        'word/word.js': 'module.exports = "from the lock file";',
      },
    });
    const before = await readdir(plan);
    const run = await tg(machine, single(plan));
    expect([run.code, run.all]).toEqual([
      0,
      expect.stringContaining('OTHER << single[000] >> from the lock file'),
    ]);
    expect(await readdir(plan)).toEqual(before);
    // A package in the plan's folder is installed in the copy of the plan.
    const [key = '', ...others] = await readdir(join(machine.home, 'data', 'work'));
    const copied = await readdir(join(machine.home, 'data', 'work', key, 'plan', 'node_modules'));
    expect([key, others, copied]).toEqual([
      expect.stringMatching(/^exec-node--p-/),
      [],
      expect.arrayContaining(['word']),
    ]);
    await writeFile(
      join(plan, 'package-lock.json'),
      '{"lockfileVersion":3,"packages":{"":{"dependencies":{"x":"file:./none"}}}}',
    );
    const broken = await tg(machine, single(plan));
    expect([broken.code, broken.stderr]).toEqual([
      4,
      expect.stringMatching(/the packages of the plan cannot be installed \(npm: .*\n.*npm error/s),
    ]);
  });

  test('installs a package beside the plan into the home, once for each lock file', async () => {
    const machine = await someMachine(toolchainEnv());
    const repo = await folderWith({
      'word/package.json': '{"name":"word","version":"1.0.0","main":"word.js"}',
      'word/word.js': 'module.exports = "from beside";',
      'plan/manifest.toml':
        'name = "p"\n[defaults]\nbuilder = "exec:node"\n[[testcases]]\nname = "t"\ninstances = { default = 1 }\n',
      'plan/index.mjs': 'import word from "word"; console.log(word);',
      'plan/package.json': '{"name":"p","version":"1.0.0","dependencies":{"word":"file:../word"}}',
      'plan/package-lock.json': JSON.stringify({
        name: 'p',
        version: '1.0.0',
        lockfileVersion: 3,
        requires: true,
        packages: {
          '': { name: 'p', version: '1.0.0', dependencies: { word: 'file:../word' } },
          'node_modules/word': { resolved: '../word', link: true },
          '../word': { version: '1.0.0' },
        },
      }),
    });
    const plan = join(repo, 'plan');
    const before = await readdir(plan);
    const run = await tg(machine, single(plan));
    expect(await instanceFile(machine, run.runId, 0, 'run.out')).toBe('from beside\n');
    await writeFile(join(plan, 'index.mjs'), 'import word from "word"; console.log("still", word);');
    const changed = await tg(machine, single(plan));
    expect(await instanceFile(machine, changed.runId, 0, 'run.out')).toBe('still from beside\n');
    expect(await readdir(plan)).toEqual(before);
    const work = await readdir(join(machine.home, 'data', 'work'));
    expect(work.filter((name) => name.startsWith('exec-node--'))).toHaveLength(2);
    const [installed = '', ...others] = work.filter((name) => !name.startsWith('exec-node--'));
    expect([installed, others]).toEqual([expect.stringMatching(/^npm--\w{12}$/), []]);
  });

  test('docker:node runs the entry and Node flags of a plain start script; a configured entry comes first', async () => {
    const machine = await someMachine();
    const plan = await planWith('console.log("the usual entry")', {
      files: {
        'package.json':
          '{"main":"index.mjs","scripts":{"start":"node --stack-trace-limit=7 ./lib/started.js"}}',
        'lib/started.js': 'console.log("started", Error.stackTraceLimit);',
      },
    });
    const run = await tg(machine, single(plan, '-b', 'docker:node', '-r', 'local:docker'));
    expect(run.all).toContain('OTHER << single[000] >> started 7');
    expect((await tg(machine, single(plan, '--build-cfg', 'entry=index.mjs'))).all).toContain(
      'the usual entry',
    );
  });

  test('runs a complex start script: captures its output only, its exit status counts, signals reach it', async () => {
    const machine = await someMachine();
    const plan = await planWith('', {
      max: 3,
      files: {
        'package.json': JSON.stringify({
          scripts: {
            start: 'npm run serve -- now',
            serve: 'true && WORD=said node -r ./pre.cjs ./lib/started.mjs',
          },
        }),
        'pre.cjs': 'globalThis.before = "before";',
        'lib/started.mjs': `import { readFileSync, writeFileSync } from 'node:fs';
          writeFileSync('own', process.env.TEST_INSTANCE_PARAMS);
          if (process.env.TEST_INSTANCE_PARAMS === 'how=wait') {
            process.on('SIGTERM', () => {
              // The shell and npm are gone long before.
              setTimeout(() => { console.log('asked to end'); process.exit(0); }, 500);
            });
            setInterval(() => {}, 1_000);
          } else process.exitCode = 3;
          console.log(process.env.WORD, before, process.argv[2], readFileSync('pre.cjs', 'utf8').length > 0);`,
      },
      params: 'how = { type = "string", default = "" }',
    });
    const failed = await tg(machine, single(plan, '-i', '2'));
    expect(failed.code).toBe(1);
    expect(await instanceFile(machine, failed.runId, 1, 'run.out')).toBe('said before now true\n');
    expect(await verdictsOf(machine, failed.runId)).toEqual(
      Array(2).fill(expect.stringContaining('status 3')),
    );
    const run = startTg(machine, single(plan, '--tp', 'how=wait'));
    const runId = await idOnceSaid(run, 'said before now true');
    run.kill('SIGINT');
    expect((await run).exitCode).toBe(130);
    expect(await instanceFile(machine, runId, 0, 'run.out')).toBe('said before now true\nasked to end\n');
  });

  test('writes coverage to the outputs of each instance with --coverage, and none without', async () => {
    const machine = await someMachine();
    const plan = await planWith('function used() { console.log("used"); }\nfunction unused() {}\nused();');
    const { code, runId } = await tg(machine, single(plan, '-i', '2', '--coverage'));
    expect(code).toBe(0);
    for (const index of [0, 1]) {
      const folder = join(await outputsOf(machine, runId), 'single', String(index), 'coverage');
      const [file = ''] = await readdir(folder);
      const { result } = JSON.parse(await readFile(join(folder, file), 'utf8'));
      const script = result.find(({ url }: { url: string }) => url.endsWith('/index.mjs'));
      const counts = script.functions.map((fn: { functionName: string; ranges: { count: number }[] }) => [
        fn.functionName,
        fn.ranges[0]?.count,
      ]);
      expect(counts).toEqual(
        expect.arrayContaining([
          ['used', 1],
          ['unused', 0],
        ]),
      );
    }
    expect(
      await readdir(join(await outputsOf(machine, (await tg(machine, single(plan))).runId), 'single', '0')),
    ).toEqual(['run.err', 'run.out']);
  });

  test('builds again if a bundled file outside the plan changes', async () => {
    const machine = await someMachine();
    const plan = await planWith('', { files: { 'lib/word.ts': 'export const word: string = "one";' } });
    const inner = join(plan, 'inner');
    await mkdir(inner);
    await writeFile(join(inner, 'manifest.toml'), await readFile(join(plan, 'manifest.toml'), 'utf8'));
    await writeFile(join(inner, 'index.ts'), 'import { word } from "../lib/word.ts"; console.log(word);');
    expect((await tg(machine, single(inner))).all).toContain('OTHER << single[000] >> one');
    await writeFile(join(plan, 'lib', 'word.ts'), 'export const word: string = "two";');
    expect((await tg(machine, single(inner))).all).toContain('OTHER << single[000] >> two');
  });
});
