import { existsSync, readFileSync, statSync } from 'node:fs';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { installGlobally, npmSettings, type Packed, pack, packagesIn, sizeOf } from '../support/packed.ts';
import { createdQuietly } from '../support/plans.ts';
import { type Machine, root, someMachine } from '../support/tg.ts';

let packed: Packed;
let prefix: string;
beforeAll(async () => {
  packed = await pack();
  prefix = await installGlobally(packed.tarball);
});

/** Runs a command on a machine where only this prefix is installed. */
async function onPath({ cwd, env }: Machine, its: string, program: string, ...args: readonly string[]) {
  const path = `${join(its, 'bin')}:${env['PATH']}`;
  return await execa(program, args, {
    ...{ cwd, env: { ...env, PATH: path }, extendEnv: false, reject: false },
  });
}

describe('the package that npm packs', () => {
  test('contains these folders and files, and nothing else', () => {
    const places = [...new Set(packed.paths.map((path) => path.split('/')[0] ?? ''))].sort();
    expect(places).toEqual([
      ...['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'dist', 'docs', 'package.json', 'plans', 'python'],
      ...['schemas', 'templates'],
    ]);
    expect(packed.paths.filter((path) => path.startsWith('bin/')).sort()).toEqual([
      ...['bin/launch.js', 'bin/package.json', 'bin/testground.js', 'bin/tg.js'],
    ]);
    expect(packed.paths.filter((path) => path.startsWith('python/')).sort()).toEqual([
      ...[
        'python/on-path/tg_sdk.py',
        'python/pyproject.toml',
        'python/tg_sdk/__init__.py',
        'python/tg_sdk/py.typed',
      ],
    ]);
    const programs = packed.paths.filter((path) => /^dist\/.*\.js$/.test(path) && !path.includes('/chunks/'));
    expect(programs.sort()).toEqual([
      ...['dist/cli/main.script.js', 'dist/library/index.js', 'dist/network/user/process.js'],
      ...['dist/report/assets/page.js', 'dist/runners/local-netns/holder/process.js'],
      ...['dist/runners/process/launch/process.js', 'dist/sdk/index.js'],
    ]);
  });

  test.each([
    ['source maps', /\.map$/],
    [
      'tests and what they leave behind',
      /(^|\/)(test|tests|test-artefacts|coverage|__pycache__|\.built|target)\//,
    ],
    ['TypeScript sources of compiled files', /^(src|dist)\/.*(?<!\.d)\.ts$/],
    ['hidden files', /(^|\/)\.[^/]+$/],
    ['archives and logs', /\.(tgz|log|tsbuildinfo)$/],
    ['pictures of the gallery', /gallery/],
  ])('contains no %s', (_, odd) => {
    expect(packed.paths.filter((path) => odd.test(path))).toEqual([]);
  });

  test('contains no program that names its source map', () => {
    const programs = packed.paths.filter((path) => path.endsWith('.js'));
    const named = programs.filter((path) =>
      /^\/\/# sourceMappingURL/m.test(readFileSync(join(root, path), 'utf8')),
    );
    expect(named).toEqual([]);
  });

  test('contains declarations of its exports, and none of cli, build and report', () => {
    const declarations = packed.paths.filter((path) => path.endsWith('.d.ts'));
    expect(declarations).toContain('dist/sdk/index.d.ts');
    expect(declarations).toContain('dist/library/index.d.ts');
    expect(declarations.filter((path) => /^dist\/(cli|build|report)\//.test(path))).toEqual([]);
  });
});

test('README.md states the sizes of the package within 20%, and its number of packages', async () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, ...said] =
    /([\d.]+) MB to download, ([\d.]+) MB unpacked, ([\d.]+) MB\s+with the (\d+) packages?/.exec(readme) ??
    [];
  const installed = await sizeOf(prefix);
  const [download = 0, unpacked = 0, all = 0, packages] = said.map(Number);
  const own = join(prefix, 'lib', 'node_modules', 'testground-tg');
  const found = [packed.size, packed.unpacked, installed].map((bytes) => bytes / 1e6);
  for (const [index, mb] of [download, unpacked, all].entries()) {
    expect(found[index]).toBeLessThan(mb * 1.2);
    expect(found[index]).toBeGreaterThan(mb * 0.8);
  }
  // Each has its program for this platform in a package of its own.
  const needed = packagesIn(join(own, 'node_modules')).filter((name) => !/^@(esbuild|koromix)\//.test(name));
  expect(needed).toHaveLength(packages ?? 0);
});

test('the commands of README.md install tg from a clone into ~/.local/bin and PATH', async () => {
  const { cwd, env } = await someMachine();
  const leftOut = new Set(['.git', 'node_modules', 'dist', 'test'].map((name) => join(root, name)));
  await cp(root, cwd, { recursive: true, filter: (path) => !leftOut.has(path) });
  await symlink(join(root, 'node_modules'), join(cwd, 'node_modules'));
  const [, section = ''] = readFileSync(join(root, 'README.md'), 'utf8').split('\n## Install\n');
  const [, block = ''] = /^```sh\n([\s\S]*?)^```$/m.exec(section) ?? [];
  const [first, ...commands] = block.trimEnd().split('\n');
  // Not run: node_modules is there already.
  expect(first).toBe('npm ci');
  const script = ['set -e', ...commands, 'cd /', 'command -v tg testground', 'tg version'].join('\n');
  const { stdout } = await execa('bash', ['-c', script], {
    ...{ cwd, env: { ...env, ...(await npmSettings()) }, extendEnv: false },
  });
  const bin = join(env['HOME'] ?? '', '.local', 'bin');
  expect(stdout).toMatch(new RegExp(`${bin}/tg\n${bin}/testground\ntg \\d+\\.\\d+\\.\\d+$`));
  expect(existsSync(join(bin, 'tsc'))).toBe(false);
});

describe.concurrent('the installed package', () => {
  test.each([
    ['without flags', []],
    ['with --ignore-scripts', ['--ignore-scripts']],
  ])('runs a plan in TypeScript, and has the command testground: installed %s', async (_, flags) => {
    const its = flags.length === 0 ? prefix : await installGlobally(packed.tarball, ...flags);
    const machine = await someMachine();
    const args = ['run', 'single', '--plan', 'example', '--testcase', 'output', '-i', '2', '--collect'];
    const run = await onPath(machine, its, 'tg', ...args);
    expect([run.exitCode, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toContain('outcome: success; 2 instances: 2 success');
    const { stdout } = await onPath(machine, its, 'testground', 'version');
    expect(stdout).toMatch(/^testground \d+\.\d+\.\d+$/);
  });

  test('has the built files of the clone, without a compiler and without a link into the clone', () => {
    const own = join(prefix, 'lib', 'node_modules', 'testground-tg');
    expect(existsSync(join(own, 'node_modules', 'typescript'))).toBe(false);
    const [installed, built] = [own, root].map((dir) =>
      readFileSync(join(dir, 'dist', 'cli', 'main.script.js'), 'utf8'),
    );
    expect(installed === built).toBe(true);
    // No link into the clone.
    expect(statSync(own).ino).not.toBe(statSync(root).ino);
  });

  test.each(['typescript', 'javascript', 'generic'])(
    'creates a plan that passes with --strict: %s',
    async (target) => {
      const machine = await someMachine();
      const made = await onPath(machine, prefix, 'tg', 'plan', 'create', '-p', 'mine', '--target', target);
      expect([made.exitCode, made.stderr]).toEqual([0, expect.stringMatching(createdQuietly)]);
      const run = await onPath(machine, prefix, 'tg', 'run', 'single', '--plan', 'mine', '--strict');
      expect([run.exitCode, run.stderr]).toEqual([0, '']);
    },
  );

  test('writes a report, and metrics as Parquet', async () => {
    const machine = await someMachine();
    await onPath(machine, prefix, 'tg', 'run', 'single', '--plan', 'example', '--testcase', 'metrics');
    const report = await onPath(machine, prefix, 'tg', 'report', '-o', 'r.html');
    expect([report.exitCode, report.stderr]).toEqual([0, '']);
    expect(readFileSync(join(machine.cwd, 'r.html'), 'utf8')).toContain('<div id="page">');
    const parquet = await onPath(machine, prefix, 'tg', 'metrics', '--format', 'parquet', '-o', 'm.parquet');
    expect([parquet.exitCode, parquet.stderr]).toEqual([0, '']);
  });

  test('is found by npx --no in a project, and its types need only those of Node', async () => {
    const { cwd, env } = await someMachine();
    await writeFile(join(cwd, 'package.json'), '{"type":"module"}');
    const npm = { cwd, env: { ...env, ...(await npmSettings()) }, extendEnv: false } as const;
    await execa('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', packed.tarball], npm);
    expect((await execa('npx', ['--no', '--', 'tg', 'version'], npm)).stdout).toMatch(/^tg \d+\.\d+\.\d+$/);
    await mkdir(join(cwd, 'node_modules', '@types'), { recursive: true });
    for (const name of ['@types/node', 'undici-types'])
      await symlink(join(root, 'node_modules', name), join(cwd, 'node_modules', name));
    await writeFile(join(cwd, 'run.ts'), program);
    const compiler = join(root, 'node_modules', '.bin', 'tsc');
    const flags = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
    const { stdout } = await execa(compiler, [...flags, 'run.ts'], { ...npm, reject: false });
    expect(stdout.split('\n').filter((line) => !line.startsWith(' '))).toEqual([
      expect.stringMatching(/^run\.ts\(6,7\): error TS2322: Type '.*' is not assignable to type 'number'\.$/),
      expect.stringMatching(/^run\.ts\(7,/),
      expect.stringMatching(/^run\.ts\(8,/),
      expect.stringMatching(/^run\.ts\(9,/),
    ]);
  });
});

/** The last four lines have type errors on purpose: the types of both exports exist, and are not `any`. */
const program = `import { listRuns, runSingle } from 'testground-tg';
import { invoke } from 'testground-tg/sdk';
const { runs } = await runSingle({ plan: 'example', onEvent: (event) => event.type === 'stalled' && event.snapshot.waits });
export const verdicts = runs.map(({ result }) => result?.groups[0]?.instances[0]?.reason.length);
for await (const { owner } of listRuns()) void invoke(() => console.log(owner.pid));
const wrong: number = runs[0]!.result!.outcome;
await runSingle({ plan: 'example', onEvent: (event) => event.type === 'no such event' });
for await (const { owner } of listRuns()) void owner.noSuchKey;
await invoke((runenv) => runenv.noSuchCall(wrong));
`;

describeWith('python3', 'the installed package, with Python', () => {
  test('runs a plan that finds the SDK for Python', async () => {
    const machine = await someMachine();
    const made = await onPath(machine, prefix, 'tg', 'plan', 'create', '-p', 'mine', '--target', 'python');
    expect([made.exitCode, made.stderr]).toEqual([0, expect.stringMatching(createdQuietly)]);
    const run = await onPath(machine, prefix, 'tg', 'run', 'single', '--plan', 'mine', '--strict');
    expect([run.exitCode, run.stderr]).toEqual([0, '']);
  });
});
