import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { buildHere, printedBy } from '../support/build-in-process.ts';
import { expectCounts, printed, repositoryWith } from '../support/node-plans.ts';

const one = (text: string) => text.replace('one', 'two');

describe('a workspace package that is linked to its sources', () => {
  const typeScript = {
    'packages/shared/package.json':
      '{"name":"@w/shared","exports":{".":"./src/index.ts","./deep/*":"./src/deep/*.ts"}}',
    'packages/shared/src/index.ts': `import { readFileSync } from 'node:fs';
      import dep from 'dep';
      enum E { A = 'A' }
      const near: string = readFileSync(new URL('./near.txt', import.meta.url), 'utf8').trim();
      export const word: string = ['one', dep, E.A, near].join(' ');`,
    'packages/shared/src/deep/x.ts': 'export default "deep" as string;',
    'packages/shared/src/near.txt': 'near',
    'packages/shared/node_modules/dep/package.json': '{"name":"dep","version":"1.0.0","main":"m.cjs"}',
    'packages/shared/node_modules/dep/m.cjs': 'module.exports = "its own";',
  };
  const links = { links: { 'node_modules/@w/shared': 'packages/shared' }, place: 'plans/p' };
  const say =
    "import { word } from '@w/shared'; import deep from '@w/shared/deep/x'; console.log(word, deep);";

  test.each([
    ['TypeScript', { 'plans/p/index.ts': say }],
    ['JavaScript', { 'plans/p/package.json': '{"type":"module"}', 'plans/p/index.js': say }],
    [
      'CommonJS',
      {
        'plans/p/index.js':
          "const { word } = require('@w/shared'); console.log(word, require('@w/shared/deep/x').default);",
      },
    ],
    [
      'JavaScript with import()',
      {
        'plans/p/index.mjs':
          "const { word } = await import('@w/shared'); console.log(word, (await import('@w/shared/deep/x')).default);",
      },
    ],
  ])(
    'in TypeScript becomes part of a plan in %s, which is rebuilt if the package changes',
    async (_, plan) => {
      const repository = await repositoryWith({ ...typeScript, ...plan }, links);
      const words = (word: string) => `${word} its own A near deep`;
      await expectCounts(repository, 'packages/shared/src/index.ts', one, [words('one'), words('two')]);
    },
  );

  test('reads its own data files, and the plan is rebuilt if they change', async () => {
    const repository = await repositoryWith({ ...typeScript, 'plans/p/index.ts': say }, links);
    await expectCounts(repository, 'packages/shared/src/near.txt', () => 'other', [
      'one its own A near deep',
      'one its own A other deep',
    ]);
  });

  test.each(['index.mjs', 'index.ts'])('in JavaScript causes a rebuild if it changes: %s', async (entry) => {
    const repository = await repositoryWith(
      {
        'packages/shared/package.json': '{"name":"shared","main":"lib/main.js"}',
        'packages/shared/lib/main.js':
          "exports.word = require('./word').word + ' ' + require('path').basename(__dirname);",
        'packages/shared/lib/word.js': "exports.word = 'one';",
        [`plan/${entry}`]: "import { word } from 'shared'; console.log(word);",
      },
      { links: { 'plan/node_modules/shared': 'packages/shared' } },
    );
    await expectCounts(repository, 'packages/shared/lib/word.js', one, ['one lib', 'two lib']);
  });

  test('is found through another linked package that requires it', async () => {
    const repository = await repositoryWith(
      {
        ...typeScript,
        'packages/a/package.json': '{"name":"a","main":"a.js"}',
        'packages/a/a.js': "exports.word = require('@w/shared').word;",
        'plans/p/index.js': "console.log(require('a').word);",
      },
      { ...links, links: { ...links.links, 'node_modules/a': 'packages/a' } },
    );
    await expectCounts(repository, 'packages/shared/src/index.ts', one, [
      'one its own A near',
      'two its own A near',
    ]);
  });
});

describe('a file beside a plan', () => {
  test.each([
    [
      'import',
      {
        'tests/plan/index.mjs': "import { word } from '../../lib/x.js'; console.log(word);",
        'package.json': '{"type":"module"}',
      },
    ],
    ['require', { 'tests/plan/index.js': "const { word } = require('../../lib/x'); console.log(word);" }],
    [
      'require of a folder',
      {
        'tests/plan/index.cjs': "const { word } = require('../../lib'); console.log(word);",
        'lib/index.js': "module.exports = require('./x.js');",
      },
    ],
    [
      'import()',
      { 'tests/plan/index.mjs': "const { word } = await import('../../lib/x.js'); console.log(word);" },
    ],
    [
      'createRequire',
      {
        'tests/plan/index.mjs':
          "import { createRequire } from 'node:module'; console.log(createRequire(import.meta.url)('../../lib/x.js').word);",
      },
    ],
    [
      'createRequire in TypeScript',
      {
        'tests/plan/index.ts':
          "import { createRequire } from 'node:module'; console.log(createRequire(import.meta.url)('../../lib/x.js').word as string);",
      },
    ],
    [
      'import in TypeScript',
      { 'tests/plan/index.ts': "import { word } from '../../lib/x.js'; console.log(word);" },
    ],
    [
      'a module that is loaded by a computed name',
      {
        'tests/plan/index.mjs':
          "const name = 'a'; console.log((await import(`./cases/${name}.mjs`)).default);",
        'tests/plan/cases/a.mjs': "import { word } from '../../../lib/x.js'; export default word;",
      },
    ],
  ] as readonly [string, Record<string, string>][])(
    'is found and causes a rebuild if it changes, by %s',
    async (_, files) => {
      const isModule = files['package.json'] !== undefined;
      const repository = await repositoryWith(
        { 'lib/x.js': isModule ? "export const word = 'one';" : "exports.word = 'one';", ...files },
        { place: 'tests/plan' },
      );
      await expectCounts(repository, 'lib/x.js', one, ['one', 'two']);
    },
  );

  test('is found as JSON by require and as text by join(__dirname); a change of either causes a rebuild', async () => {
    const repository = await repositoryWith(
      {
        'data/a.json': '{"word":"one"}',
        'data/b.txt': 'b',
        'tests/plan/index.cjs': `const { readFileSync } = require('node:fs'); const { join } = require('node:path');
          console.log(require('../../data/a.json').word, readFileSync(join(__dirname, '..', '..', 'data', 'b.txt'), 'utf8'));`,
      },
      { place: 'tests/plan' },
    );
    await expectCounts(repository, 'data/a.json', one, ['one b', 'two b']);
    await expectCounts(repository, 'data/b.txt', () => 'c', ['one b', 'one c']);
  });

  test('is loaded once, even if modules name it by different paths', async () => {
    const repository = await repositoryWith(
      {
        'lib/state.cjs': 'module.exports = { count: 0 };',
        'lib/x.cjs': "const state = require('./state.cjs'); exports.add = () => ++state.count;",
        'tests/plan/index.cjs':
          "const state = require('../../lib/state.cjs'); require('../../lib/x.cjs').add(); console.log(state.count);",
      },
      { place: 'tests/plan' },
    );
    expect(await printed(repository)).toBe('1');
  });

  test('is found through main in the package.json of the repository', async () => {
    const repository = await repositoryWith(
      {
        'package.json': '{"name":"lib","main":"out/main.js"}',
        'out/main.js': "exports.word = 'one';",
        'test/plan/index.js': "console.log(require('../..').word);",
      },
      { place: 'test/plan' },
    );
    await expectCounts(repository, 'out/main.js', one, ['one', 'two']);
  });
});

test('a plan inside an installed package is built as any other', async () => {
  const repository = await repositoryWith(
    {
      'node_modules/pkg/plan/index.ts':
        "import { word } from './lib.ts'; import dep from 'dep'; console.log(word, dep);",
      'node_modules/pkg/plan/lib.ts': "export const word: string = 'one';",
      'node_modules/dep/index.js': "module.exports = 'dep';",
    },
    { place: 'node_modules/pkg/plan' },
  );
  await expectCounts(repository, 'node_modules/pkg/plan/lib.ts', one, ['one dep', 'two dep']);
});

describe('a plan in TypeScript', () => {
  test('has import.meta.url, __dirname and require of each source file', async () => {
    const repository = await repositoryWith({
      'plan/index.ts': `import { fileURLToPath } from 'node:url';
        import { readFileSync } from 'node:fs';
        import { here, dir } from './lib/deep.ts';
        import data from './lib/data.json' with { type: 'json' };
        import common = require('./lib/common.cjs');
        const isMain = process.argv[1] === fileURLToPath(import.meta.url);
        console.log(here, dir, isMain, data.word, common, readFileSync(new URL('./lib/near.txt', import.meta.url), 'utf8'));`,
      'plan/lib/deep.ts': `import { readFileSync } from 'node:fs';
        import { basename, join } from 'node:path';
        import { createRequire } from 'node:module';
        const require = createRequire(import.meta.url);
        const filename: string = __filename;
        export const here = readFileSync(new URL('./near.txt', import.meta.url), 'utf8') + basename(filename) + require('./common.cjs');
        export const dir = readFileSync(join(__dirname, 'near.txt'), 'utf8');`,
      'plan/lib/near.txt': 'near ',
      'plan/lib/common.cjs': 'module.exports = "common";',
      'plan/lib/data.json': '{"word":"json"}',
    });
    expect(await printed(repository)).toBe('near deep.tscommon near  true json common near');
  });

  test.each([
    [
      'index.ts',
      "if (require.main === module) console.log('main', require('./other.js').word); export = {};",
    ],
    ['index.cts', "if (require.main === module) console.log('main', require('./other.js').word);"],
  ])('knows by require.main which CommonJS file was started: %s', async (entry, code) => {
    const repository = await repositoryWith({
      [`plan/${entry}`]: code,
      'plan/other.ts': "export const word: string = require.main === module ? 'main' : 'other';",
    });
    expect(await printed(repository)).toBe('main other');
  });

  test('uses paths and baseUrl of an extended tsconfig.json with a byte order mark and comments', async () => {
    const repository = await repositoryWith({
      'tsconfig.base.json':
        '\uFEFF{ // base\r\n "compilerOptions": { "baseUrl": "code", "paths": { "@lib/*": ["lib/*"] } } }',
      'plan/tsconfig.json': '\uFEFF{"extends":"../tsconfig.base.json",}',
      'code/lib/x.ts': "export const word: string = 'one';",
      'code/far/y.ts': "export const far: string = 'one';",
      'plan/index.ts': "import { word } from '@lib/x'; import { far } from 'far/y'; console.log(word, far);",
    });
    await expectCounts(repository, 'code/lib/x.ts', one, ['one one', 'two one']);
    await expectCounts(repository, 'code/far/y.ts', one, ['one one', 'one two']);
  });
});

describe('TypeScript in worker threads and child processes', () => {
  const worker = `import { parentPort } from 'node:worker_threads';
    import { word } from './lib/word';
    const type: string = word;
    parentPort?.postMessage(type) ?? process.send?.(type);`;
  const hear = "w.on('message', (m) => { console.log(m); w.unref?.(); w.disconnect?.(); });";

  test.each([
    ['new Worker(new URL)', "new Worker(new URL('./worker.ts', import.meta.url))"],
    ['new Worker(path)', "new Worker('./worker.ts')"],
    ['new Worker(join)', "new Worker(join(__dirname, 'worker.ts'))"],
    ['new Worker(URL with the extension .js)', "new Worker(new URL('./worker.js', import.meta.url))"],
    ['fork(URL)', "fork(new URL('./worker.ts', import.meta.url))"],
    ['fork(path)', "fork(join(import.meta.dirname ?? __dirname, 'worker.ts'))"],
  ])('runs by %s, and causes a rebuild if it changes', async (_, call) => {
    const repository = await repositoryWith({
      'plan/index.ts': `import { Worker } from 'node:worker_threads'; import { fork } from 'node:child_process'; import { join } from 'node:path';
        const w: any = ${call}; ${hear}`,
      'plan/worker.ts': worker,
      'plan/lib/word.ts': "export const word = 'one';",
    });
    await expectCounts(repository, 'plan/lib/word.ts', one, ['one', 'two']);
  });

  test.each([
    [
      'an entry that starts itself',
      "import { Worker, isMainThread, parentPort } from 'node:worker_threads'; const t: number = 1; if (isMainThread) new Worker(new URL(import.meta.url)).on('message', console.log); else parentPort!.postMessage('one');",
    ],
    ['a file beside the entry that starts itself', "import './pool.ts';"],
  ])('runs in the worker of %s', async (_, code) => {
    const repository = await repositoryWith({
      'plan/index.ts': code,
      'plan/pool.ts':
        "import { Worker, isMainThread, parentPort } from 'node:worker_threads'; const t: number = 1; if (isMainThread) new Worker(new URL(import.meta.url)).on('message', console.log); else parentPort!.postMessage('one');",
    });
    expect(await printed(repository)).toBe('one');
  });

  test('does not cause a bundle of a plan in JavaScript if it belongs to another program', async () => {
    const repository = await repositoryWith({
      'plan/index.mjs': "console.log('one');",
      'plan/tools/generate.mjs': "import './types.ts'; fork('./types.ts');",
      'plan/tools/types.ts': 'export type A = string;',
      'plan/types.d.ts': 'declare const a: string;',
    });
    const artifact = await buildHere({ builder: 'exec:node', dir: repository.plan, home: repository.home });
    expect(await printedBy(artifact)).toBe('one');
    const files = await readdir(artifact.dir, { recursive: true });
    expect(files.sort()).toEqual([
      'index.mjs',
      'tools',
      'tools/generate.mjs',
      'tools/types.ts',
      'types.d.ts',
    ]);
  });

  test('runs in workers of a plan in JavaScript and of a linked package', async () => {
    const repository = await repositoryWith(
      {
        'shared/package.json': '{"name":"shared","exports":"./pool.ts"}',
        'shared/pool.ts':
          "import { Worker } from 'node:worker_threads'; export const start = (): Worker => new Worker(new URL('./w.ts', import.meta.url));",
        'shared/w.ts':
          "import { parentPort } from 'node:worker_threads'; parentPort!.postMessage('linked' as string);",
        'plan/index.mjs': `import { Worker } from 'node:worker_threads'; import { start } from 'shared';
          new Worker(new URL('./own.ts', import.meta.url)).on('message', (m) => { console.log(m); start().on('message', console.log); });`,
        'plan/own.ts':
          "import { parentPort } from 'node:worker_threads'; parentPort!.postMessage('own' as string);",
      },
      { links: { 'plan/node_modules/shared': 'shared' } },
    );
    expect(await printed(repository)).toBe('own\nlinked');
  });
});
