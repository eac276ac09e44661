import { execFile } from 'node:child_process';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { buildHere } from '../support/build-in-process.ts';
import { expectCounts, printed, type Repository, repositoryWith } from '../support/node-plans.ts';
import { type ManagerName, managersEnv } from '../support/package-managers.ts';

const run = promisify(execFile);
const change = (text: string) => text.replace('one', 'two');

const shared = {
  'shared/package.json': '{"name":"shared","version":"1.0.0","main":"s.js"}',
  'shared/s.js': "module.exports = 'one';",
};
const say = "console.log(require('shared'));";

/** Installs in a plan's folder, as its author does, and removes node_modules: the lock file stays. */
async function lock({ plan }: Repository, env: NodeJS.ProcessEnv, words: readonly string[]): Promise<void> {
  const [program = '', ...args] = words;
  await run(program, args, { cwd: plan, env });
  await rm(join(plan, 'node_modules'), { recursive: true, force: true });
}

const installs: readonly (readonly [ManagerName | 'npm', lock: string, words: readonly string[]])[] = [
  ['npm', 'package-lock.json', ['npm', 'install']],
  ['pnpm', 'pnpm-lock.yaml', ['pnpm', 'install', '--ignore-workspace']],
  ['yarn 1', 'yarn.lock', ['yarn', 'install']],
  ['yarn 4', 'yarn.lock', ['yarn', 'install', '--no-immutable']],
];

/** How each package manager says that a lock file does not match package.json. */
const lockErrors: Readonly<Record<ManagerName | 'npm', RegExp>> = {
  npm: /`npm ci` can only install packages when your package\.json and package-lock\.json .*are in sync/,
  pnpm: /ERR_PNPM_OUTDATED_LOCKFILE.* pnpm-lock\.yaml is not up to date/,
  'yarn 1': /error Your lockfile needs to be updated/,
  'yarn 4': /The lockfile would have been modified by this install, which is explicitly forbidden/,
};

async function lockedRepository(
  name: ManagerName | 'npm',
  words: readonly string[],
  reference: string,
  more: Readonly<Record<string, string>> = {},
) {
  const env = await managersEnv(...(name === 'npm' ? [] : [name]));
  const repository = await repositoryWith({
    ...shared,
    'plan/package.json': JSON.stringify({ name: 'p', version: '1.0.0', dependencies: { shared: reference } }),
    'plan/index.js': say,
    // Without a yarn.lock, Yarn 2 and later look for the project above.
    ...(name === 'yarn 4' ? { 'plan/yarn.lock': '' } : {}),
    ...more,
  });
  await lock(repository, env, words);
  return { repository, env };
}

describe.each(installs)('%s', (name, lockFile, words) => {
  test('installs a package beside the plan from the lock file into the home, and adds nothing to the plan', async () => {
    const { repository, env } = await lockedRepository(name, words, 'file:../shared');
    const before = (await readdir(repository.plan)).sort();
    expect(before).toContain(lockFile);
    await expectCounts(repository, 'shared/s.js', change, ['one', 'two'], env);
    await expectCounts(
      repository,
      'plan/index.js',
      () => "console.log('no', require('shared'));",
      ['one', 'no one'],
      env,
    );
    expect((await readdir(repository.plan)).sort()).toEqual(before);
    const kept = (await readdir(repository.home.work)).filter((entry) => entry.startsWith('npm--'));
    // npm links such a folder; the others copy it, once for each content.
    expect(kept.length).toBe(name === 'npm' ? 1 : 2);
  });

  if (name === 'npm')
    test.each([
      ['.npmrc', { 'plan/.npmrc': 'install-links=true\n' }, {}],
      ['the environment', {}, { npm_config_install_links: 'true' }],
    ])('installs a changed package again if %s has npm copy packages', async (_, files, more) => {
      const { repository, env } = await lockedRepository(name, words, 'file:../shared', files);
      await expectCounts(repository, 'shared/s.js', change, ['one', 'two'], { ...env, ...more });
    });

  test('installs a package archive beside the plan', async () => {
    const repository = await repositoryWith({ ...shared, 'plan/index.js': say });
    const env = await managersEnv(...(name === 'npm' ? [] : [name]));
    await run('npm', ['pack', '--silent', './shared'], { cwd: repository.root, env });
    await rename(join(repository.root, 'shared-1.0.0.tgz'), join(repository.root, 'x.tgz'));
    await writeFile(
      join(repository.plan, 'package.json'),
      '{"name":"p","version":"1.0.0","dependencies":{"shared":"file:../x.tgz"}}',
    );
    if (name === 'yarn 4') await writeFile(join(repository.plan, 'yarn.lock'), '');
    await lock(repository, env, words);
    expect(await printed(repository, env)).toBe('one');
  });

  test('fails with the package manager’s output if the lock file does not match package.json', async () => {
    // Yarn 2 and later cannot be strict about folders that are copied: their contents are part of the lock file.
    const protocol = name === 'yarn 4' ? 'link:' : 'file:';
    const { repository, env } = await lockedRepository(name, words, `${protocol}../shared`, {
      'other/package.json': '{"name":"other","version":"1.0.0"}',
    });
    const dependencies = { shared: `${protocol}../shared`, other: `${protocol}../other` };
    await writeFile(
      join(repository.plan, 'package.json'),
      JSON.stringify({ name: 'p', version: '1.0.0', dependencies }),
    );
    const error = await errorOf(repository, env);
    expect(error).toMatch(
      /plan: the packages of the plan cannot be installed \((npm|pnpm|yarn): status \d+\)\n/,
    );
    expect(error).toMatch(lockErrors[name]);
    expect(error).toContain(
      '\n  The lock file does not match package.json: install once in the plan’s folder to update it.\n',
    );
  });
});

async function errorOf({ plan, home }: Repository, env: NodeJS.ProcessEnv): Promise<string> {
  const error: unknown = await buildHere({ builder: 'exec:node', dir: plan, home, env }).catch(
    (thrown) => thrown,
  );
  return (error as { describe?(): string }).describe?.() ?? String(error);
}

describe.each([
  ['pnpm', 'link:../shared', installs[1]?.[2] ?? []],
  ['yarn 1', 'link:../shared', installs[2]?.[2] ?? []],
  ['yarn 4', 'portal:../shared', installs[3]?.[2] ?? []],
  ['yarn 4', 'link:../shared', installs[3]?.[2] ?? []],
] as const)('%s with %s', (name, reference, words) => {
  test('uses the folder, which is in TypeScript, and rebuilds if it changes', async () => {
    const { repository, env } = await lockedRepository(name, words, reference, {
      'shared/package.json': '{"name":"shared","version":"1.0.0","exports":"./s.ts"}',
      'shared/s.ts': "const word: string = 'one'; export default word;",
      'plan/index.js': "console.log(require('shared').default);",
    });
    await expectCounts(repository, 'shared/s.ts', change, ['one', 'two'], env);
  });
});

describe('a workspace', () => {
  const files = {
    'package.json': '{"name":"root","private":true,"workspaces":["packages/*","plans/*"]}',
    'pnpm-workspace.yaml': 'packages: ["packages/*", "plans/*"]',
    'packages/a/package.json': '{"name":"a","version":"1.0.0","exports":"./a.ts"}',
    'packages/a/a.ts': "export const word: string = 'one';",
    'plans/p/index.ts': "import { word } from 'a'; console.log(word);",
  };
  test.each([
    ['npm', '*'],
    ['pnpm', 'workspace:*'],
    ['yarn 1', '*'],
    ['yarn 4', 'workspace:*'],
  ] as const)(
    'around the plan is an error until it is installed, and is used once %s has installed it',
    async (name, version) => {
      const env = await managersEnv(...(name === 'npm' ? [] : [name]));
      const manifest = JSON.stringify({ name: 'p', version: '1.0.0', dependencies: { a: version } });
      const repository = await repositoryWith(
        { ...files, 'plans/p/package.json': manifest, ...(name === 'yarn 4' ? { 'yarn.lock': '' } : {}) },
        { place: 'plans/p' },
      );
      expect(await errorOf(repository, env)).toBe(
        `${join(repository.plan, 'package.json')}: the plan belongs to a workspace that is not installed: a is missing\n  Install it (npm, pnpm or yarn install) in ${repository.root}.`,
      );
      const how = { npm: ['npm'], pnpm: ['pnpm'], 'yarn 1': ['yarn'], 'yarn 4': ['yarn'] }[name];
      const linker = { ...env, YARN_NODE_LINKER: 'node-modules', YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' };
      await run(how[0] ?? '', ['install'], { cwd: repository.root, env: linker });
      await expectCounts(repository, 'packages/a/a.ts', change, ['one', 'two'], env);
    },
  );

  test.each([
    ['npm', ['npm', 'install']],
    ['pnpm', ['pnpm', 'install', '--ignore-workspace']],
    ['yarn 1', ['yarn', 'install']],
  ] as const)(
    'a postinstall script of the plan runs, and leaves the package beside the plan alone: %s',
    async (name, words) => {
      const { repository, env } = await lockedRepository(name, words, 'file:../shared');
      const scripts = {
        postinstall: "node -e \"require('fs').writeFileSync('made.js', 'module.exports = 1')\"",
      };
      await writeFile(
        join(repository.plan, 'package.json'),
        JSON.stringify({ name: 'p', version: '1.0.0', dependencies: { shared: 'file:../shared' }, scripts }),
      );
      await writeFile(
        join(repository.plan, 'index.js'),
        "console.log(require('shared'), require('./made.js'));",
      );
      await expectCounts(repository, 'shared/s.js', change, ['one 1', 'two 1'], env);
      expect(await readdir(join(repository.root, 'shared'))).toEqual(['package.json', 's.js']);
    },
  );

  test('that is the plan itself is installed from its lock file', async () => {
    const env = await managersEnv();
    const repository = await repositoryWith({
      'plan/package.json': '{"name":"root","private":true,"workspaces":["packages/*"]}',
      'plan/packages/a/package.json': '{"name":"a","version":"1.0.0","exports":"./a.ts"}',
      'plan/packages/a/a.ts': "export const word: string = 'one';",
      'plan/index.ts': "import { word } from 'a'; console.log(word);",
    });
    await lock(repository, env, ['npm', 'install']);
    await expectCounts(repository, 'plan/packages/a/a.ts', change, ['one', 'two'], env);
  });
});

describe('a plan that is not installed', () => {
  test('is installed once if it has dependencies and no lock file, and this is reported once', async () => {
    const env = await managersEnv();
    const repository = await repositoryWith({
      ...shared,
      'plan/package.json':
        '{"name":"p","dependencies":{"shared":"file:../shared"},"devDependencies":{"testground-tg":"^1.0.0","unused":"9.9.9"}}',
      'plan/index.js': say,
    });
    const words: string[] = [];
    const build = () =>
      buildHere({
        builder: 'exec:node',
        dir: repository.plan,
        home: repository.home,
        env,
        more: { warn: (text) => words.push(text), report: (text) => words.push(text) },
      });
    // A package that does not exist cannot be installed, and is named.
    expect(await errorOf(repository, env)).toMatch(/cannot be installed.*unused/s);
    await writeFile(
      join(repository.plan, 'package.json'),
      '{"name":"p","dependencies":{"shared":"file:../shared"},"devDependencies":{"testground-tg":"^1.0.0"}}',
    );
    const installations = async () => {
      const names = (await readdir(repository.home.work)).filter((name) => name.startsWith('npm--'));
      return await Promise.all(names.map(async (name) => (await stat(join(repository.home.work, name))).ino));
    };
    await build();
    const installed = await installations();
    expect(installed).toHaveLength(1);
    await build();
    expect(await installations()).toEqual(installed);
    expect(words).toEqual([
      expect.stringMatching(
        /plan has no lock file: npm installs the dependencies of its package\.json once, into /,
      ),
    ]);
    expect(await printed(repository, env)).toBe('one');
    expect(await readdir(repository.plan)).toEqual(['index.js', 'package.json']);
  });

  test('needs no package manager if it has only dev and optional dependencies that it does not use', async () => {
    const env = { ...(await managersEnv()), PATH: '/nowhere' };
    const repository = await repositoryWith({
      'plan/package.json':
        '{"name":"p","devDependencies":{"typescript":"^5.0.0"},"optionalDependencies":{"o":"1.0.0"}}',
      'plan/index.ts': "const word: string = 'one'; console.log(word);",
    });
    expect(await printed(repository, env)).toBe('one');
  });

  test.each([
    [
      'pnpm-lock.yaml',
      '',
      'pnpm@9.1.0+sha256.0',
      /pnpm-lock\.yaml: pnpm-lock\.yaml is for pnpm, which is not on PATH\n.*corepack enable pnpm.*npm install --global pnpm@9\.1\.0`/,
    ],
    [
      'yarn.lock',
      '',
      undefined,
      /yarn\.lock is for yarn, which is not on PATH\n.*npm install --global yarn`/,
    ],
    [
      'yarn.lock',
      '__metadata:\n  version: 8\n',
      undefined,
      /yarn\.lock is for yarn, which is not on PATH\n.*@yarnpkg\/cli-dist/,
    ],
    ['bun.lock', '', undefined, /bun\.lock: the packages are locked for Bun, which tg does not run\n/],
  ])(
    'is refused with advice if the package manager of its %s is missing or unsupported',
    async (file, text, packageManager, words) => {
      const repository = await repositoryWith({
        'plan/package.json': JSON.stringify({ dependencies: { a: '1.0.0' }, packageManager }),
        [`plan/${file}`]: text,
        'plan/index.js': '',
      });
      expect(await errorOf(repository, await managersEnv())).toMatch(words);
    },
  );

  test.each([
    ['yarn 1', '__metadata:\n  version: 8\n', /yarn\.lock is for yarn 2 or later; PATH has yarn 1\./],
    ['yarn 4', '# yarn lockfile v1\n', /yarn\.lock is for yarn 1; PATH has yarn 4\./],
  ] as const)(
    'is refused if PATH has %s and its yarn.lock is for another Yarn',
    async (name, text, words) => {
      const repository = await repositoryWith({
        'plan/package.json': '{"dependencies":{"a":"1.0.0"}}',
        'plan/yarn.lock': text,
        'plan/index.js': '',
      });
      expect(await errorOf(repository, await managersEnv(name))).toMatch(words);
    },
  );

  test('is refused if a git dependency cannot be reached, and the error names its repository', async () => {
    const repository = await repositoryWith({
      'plan/package.json': '{"name":"p","dependencies":{"a":"git+https://localhost:1/a.git"}}',
      'plan/index.js': "require('a');",
    });
    const { npm_config_offline: _, ...env } = await managersEnv();
    expect(await errorOf(repository, env)).toMatch(
      /localhost:1.*git repository: it must be reachable from this machine without a password/s,
    );
  });

  test.each([
    [
      'index.mjs',
      "import a from 'a';\nimport 'missing/x';",
      /index\.mjs:2: the plan imports "missing\/x", which is not installed\n.*npm install missing/,
    ],
    [
      'index.js',
      "const a = require('a');\n\nconst { b } = require('missing');",
      /index\.js:3: the plan imports "missing"/,
    ],
    ['index.ts', "import a from 'a';\nimport './lib.ts';", /lib\.ts:1: the plan imports "missing"/],
  ])(
    'is refused with the place of an import whose package is not installed: %s',
    async (entry, text, words) => {
      const repository = await repositoryWith({
        'plan/node_modules/a/index.js': '',
        [`plan/${entry}`]: text,
        'plan/lib.ts': "import 'missing';",
      });
      expect(await errorOf(repository, await managersEnv())).toMatch(words);
    },
  );

  test('may require a missing package inside try', async () => {
    const repository = await repositoryWith({
      'plan/index.js':
        "let a;\ntry { a = require('missing'); } catch {}\ntry {\n  a = require('missing');\n} catch {}\nconsole.log('without');",
    });
    expect(await printed(repository)).toBe('without');
  });
});
