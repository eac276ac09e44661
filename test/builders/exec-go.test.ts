import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prints, snapshot } from '../support/builds.ts';
import { describeWith } from '../support/needs.ts';
import { folderWith, tempDir } from '../support/temp.ts';
import { type Machine, single, someMachine, tg } from '../support/tg.ts';
import { toolchainEnv } from '../support/toolchains.ts';

const manifest = (more = '') => `
name = "p"
[defaults]
builder = "exec:go"
[[testcases]]
name = "t"
instances = { min = 1, max = 5, default = 1 }
${more}`;
const hello = 'package main\n\nfunc main() { print_() }\n';
const printing = (text: string) =>
  `package main\n\nimport "fmt"\n\nfunc print_() { fmt.Println("${text}") }\n`;
const mod = (version: string) => `module example.org/p\n\ngo ${version}\n`;

function goPlan(files: Readonly<Record<string, string>> = {}, more = ''): Promise<string> {
  return folderWith({
    'manifest.toml': manifest(more),
    'go.mod': mod('1.14'),
    'main.go': hello,
    'print.go': printing('one'),
    ...files,
  });
}

const goMachine = (env: Readonly<Record<string, string>> = {}) => someMachine({ ...toolchainEnv(), ...env });
const programOf = (machine: Machine, key: string) => join(machine.home, 'data', 'work', key, 'bin', 'plan');

describeWith('go', 'exec:go', () => {
  test.each(['1.14', '1.16', '1.20', '1.21', '1.24'])('builds a module of Go %s', async (version) => {
    const plan = await goPlan({ 'go.mod': mod(version) });
    expect((await prints(await goMachine(), plan)).text).toBe('one');
  });

  test('builds once, rebuilds for changed sources, selectors or coverage, and leaves the plan’s folder unchanged', async () => {
    const machine = await goMachine();
    const plan = await goPlan({
      'tagged.go': `//go:build tagged\n\n${printing('tagged').replace('print_', 'init')}`,
    });
    const before = snapshot(plan);
    const first = await prints(machine, plan);
    const binary = programOf(machine, first.key);
    const built = statSync(binary).mtimeMs;
    expect(await prints(machine, plan)).toEqual(first);
    expect(statSync(binary).mtimeMs).toBe(built);
    const tagged = await prints(machine, plan, '--selector', 'tagged');
    expect(tagged.text).toBe('tagged\none');
    const covered = await prints(machine, plan, '--coverage');
    expect(covered.text).toBe('one');
    const settings = execFileSync('go', ['version', '-m', programOf(machine, covered.key)], {
      encoding: 'utf8',
    });
    expect(settings).toMatch(/\tbuild\t-cover=true\n/);
    expect(snapshot(plan)).toEqual(before);
    await writeFile(join(plan, 'print.go'), printing('two'));
    const changed = await prints(machine, plan);
    expect(changed.text).toBe('two');
    expect(new Set([first.key, tagged.key, covered.key, changed.key]).size).toBe(4);
    await writeFile(join(plan, 'print.go'), printing('one'));
    expect(await prints(machine, plan)).toEqual(first);
  });

  test('exits 4 for a compile error, with the compiler’s message, file and line, and leaves nothing behind', async () => {
    const machine = await goMachine();
    const { code, stderr } = await tg(
      machine,
      single(await goPlan({ 'print.go': 'package main\n\nfunc print_() {\n\tx\n}\n' })),
    );
    expect(code).toBe(4);
    expect(stderr).toMatch(/^error: .*: the plan does not build with exec:go \(go: status 1\)\n/);
    expect(stderr).toMatch(/print\.go:4:2: undefined: x/);
    expect(readdirSync(join(machine.home, 'data', 'work'))).toEqual([]);
    expect(readdirSync(machine.temp)).toEqual([]);
  });

  test('exits 4 for a module that cannot be found, with Go’s message', async () => {
    const plan = await goPlan({
      'main.go': 'package main\n\nimport _ "example.invalid/none"\n\nfunc main() {}\n',
    });
    const { code, stderr } = await tg(await goMachine({ GOPROXY: 'off' }), single(plan));
    expect(code).toBe(4);
    expect(stderr).toMatch(/main\.go:3:8:.*example\.invalid\/none/);
  });

  test('exits 5 without Go, and says how to install it', async () => {
    const machine = await goMachine({ PATH: '/nowhere' });
    const { code, stderr } = await tg(machine, single(await goPlan()));
    expect(code).toBe(5);
    expect(stderr).toMatch(
      /exec:go needs go, which cannot be started\n {2}Install go \(https:\/\/go\.dev\/dl\), or put it on PATH\.\n$/,
    );
  });

  test('builds what path, exec_pkg and modfile name, by manifest or flag; exits 4 for a wrong path or modfile', async () => {
    const machine = await goMachine();
    const plan = await goPlan(
      {
        'inner/go.mod': mod('1.20'),
        'inner/cmd/a/main.go': 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("a") }\n',
        'inner/cmd/b/main.go': 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("b") }\n',
        'inner/other.mod': 'module example.org/other\n\ngo 1.21\n',
      },
      '[builders."exec:go"]\npath = "inner"\nexec_pkg = "cmd/b"\n',
    );
    const inManifest = await prints(machine, plan);
    expect(inManifest.text).toBe('b');
    const byFlag = await prints(
      machine,
      plan,
      '--build-cfg',
      'exec_pkg=./cmd/a',
      '--build-cfg',
      'modfile=other.mod',
    );
    expect(byFlag.text).toBe('a');
    const version = execFileSync('go', ['version', '-m', programOf(machine, byFlag.key)]);
    expect(version.toString()).toContain('example.org/other/cmd/a');
    for (const wrong of ['path=../x', 'path=nowhere', 'modfile=none.mod']) {
      const { code, stderr } = await tg(machine, single(plan, '--build-cfg', wrong));
      expect([code, stderr]).toEqual([
        4,
        expect.stringContaining(`the ${wrong.split('=')[0]} "${wrong.split('=')[1]}"`),
      ]);
    }
  });

  test('exits 4 without a go.mod and suggests fresh_gomod, which builds without writing into the plan', async () => {
    const machine = await goMachine();
    const plan = await folderWith({
      'manifest.toml': manifest(),
      'main.go': hello,
      'print.go': printing('fresh'),
    });
    const without = await tg(machine, single(plan));
    expect([without.code, without.stderr]).toEqual([4, expect.stringContaining('fresh_gomod=true')]);
    const fresh = ['--build-cfg', 'fresh_gomod=true'];
    expect((await tg(machine, single(plan, ...fresh))).stderr).toContain('fresh_gomod needs a module_path');
    const named = await prints(machine, plan, ...fresh, '--build-cfg', 'module_path=example.org/fresh');
    expect(named.text).toBe('fresh');
    expect(readdirSync(plan).sort()).toEqual(['main.go', 'manifest.toml', 'print.go']);
  });

  test('ignores a go.mod whose requirement is unavailable if fresh_gomod is set', async () => {
    const plan = await goPlan({
      'go.mod': 'module example.org/p\n\ngo 1.14\n\nrequire example.invalid/x v1.0.0\n',
    });
    const machine = await goMachine({ GOPROXY: 'off' });
    expect((await tg(machine, single(plan))).code).toBe(4);
    expect((await prints(machine, plan, '--build-cfg', 'fresh_gomod=true')).text).toBe('one');
  });

  test('replaces a module by a folder, from go.mod or --dep, and rebuilds if the folder from go.mod changes', async () => {
    const machine = await goMachine();
    const root = await folderWith({
      'plan/manifest.toml': manifest(),
      'plan/go.mod': `${mod('1.18')}\nrequire example.org/lib v0.0.0\n\nreplace example.org/lib => ../lib\n`,
      'plan/main.go':
        'package main\n\nimport (\n\t"fmt"\n\t"example.org/lib"\n)\n\nfunc main() { fmt.Println(lib.Name) }\n',
      'lib/go.mod': 'module example.org/lib\n',
      'lib/lib.go': 'package lib\n\nconst Name = "near"\n',
      'other/go.mod': 'module example.org/lib\n',
      'other/lib.go': 'package lib\n\nconst Name = "other"\n',
    });
    const plan = join(root, 'plan');
    const near = await prints(machine, plan);
    const other = await prints(machine, plan, '--dep', `example.org/lib=${join(root, 'other')}`);
    expect([near.text, other.text]).toEqual(['near', 'other']);
    await writeFile(join(root, 'lib', 'lib.go'), 'package lib\n\nconst Name = "nearer"\n');
    expect((await prints(machine, plan)).text).toBe('nearer');
    expect(await readFile(join(plan, 'go.mod'), 'utf8')).toContain('../lib');
  });

  test('exits 4 instead of waiting if go.mod is a named pipe', async () => {
    const plan = await goPlan();
    await rm(join(plan, 'go.mod'));
    execFileSync('mkfifo', [join(plan, 'go.mod')]);
    const { code, stderr } = await tg(await goMachine(), single(plan));
    expect([code, stderr]).toEqual([4, expect.stringContaining('the go.mod is not a file')]);
  });

  test('uses the commit of the branch that --dep names, and rebuilds once the branch has another', {
    tags: ['git'],
  }, async () => {
    const plan = await goPlan({
      'go.mod': `${mod('1.20')}\nrequire example.org/lib.git v0.0.0\n`,
      'print.go':
        'package main\n\nimport (\n\t"fmt"\n\t"example.org/lib.git"\n)\n\nfunc print_() { fmt.Println(lib.Word) }\n',
    });
    const repository = await folderWith({ 'go.mod': 'module example.org/lib.git\n' });
    const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: repository });
    const commit = async (word: string) => {
      await writeFile(join(repository, 'lib.go'), `package lib\n\nconst Word = "${word}"\n`);
      git('add', '.');
      git('-c', 'user.name=u', '-c', 'user.email=e@example.org', 'commit', '--quiet', '--message', word);
    };
    git('init', '--quiet', '--initial-branch=master');
    const machine = await goMachine({
      ...{ GOPROXY: 'direct', GONOSUMDB: '*', GOFLAGS: '-modcacherw', GOMODCACHE: await tempDir() },
      ...{ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: `url.${repository}.insteadOf` },
      GIT_CONFIG_VALUE_0: 'https://example.org/lib',
    });
    for (const word of ['first', 'second']) {
      await commit(word);
      expect((await prints(machine, plan, '--dep', 'example.org/lib.git=@master')).text).toBe(word);
    }
  });

  test('exits 4 with Go’s message if Go cannot look up the branch that --dep names', async () => {
    const machine = await goMachine({ GOPROXY: 'off' });
    const plan = await goPlan();
    const { code, stderr } = await tg(machine, single(plan, '--dep', 'example.org/lib=@master'));
    expect(code).toBe(4);
    expect(stderr).toMatch(/example\.org\/lib@master: .*GOPROXY=off/);
  });

  test('replaces the SDK by the folder that --link-sdk names', async () => {
    const machine = await goMachine();
    const root = await folderWith({
      'plan/manifest.toml': manifest(),
      'plan/go.mod': `${mod('1.18')}\nrequire github.com/testground/sdk-go v0.3.0\n`,
      'plan/main.go':
        'package main\n\nimport (\n\t"fmt"\n\t"github.com/testground/sdk-go"\n)\n\nfunc main() { fmt.Println(sdk.Name) }\n',
      'my-sdk/go.mod': 'module github.com/testground/sdk-go\n',
      'my-sdk/sdk.go': 'package sdk\n\nconst Name = "mine"\n',
    });
    const run = await tg(machine, single(join(root, 'plan'), '--link-sdk', join(root, 'my-sdk')));
    expect(run.all).toContain('OTHER << single[000] >> mine');
    // The plan depends on an SDK and has reported nothing through it.
    expect([run.code, run.all]).toEqual([6, expect.stringContaining('reported neither success nor failure')]);
  });

  test('uses vendored modules, and ignores a workspace above the plan that does not list it', async () => {
    const machine = await goMachine({ GOPROXY: 'off', GOFLAGS: '' });
    const root = await folderWith({
      'go.work': 'go 1.18\n\nuse ./elsewhere\n',
      'plan/manifest.toml': manifest(),
      'plan/go.mod': `${mod('1.18')}\nrequire example.org/lib v1.0.0\n`,
      'plan/main.go':
        'package main\n\nimport (\n\t"fmt"\n\t"example.org/lib"\n)\n\nfunc main() { fmt.Println(lib.Name) }\n',
      'plan/vendor/modules.txt': '# example.org/lib v1.0.0\n## explicit\nexample.org/lib\n',
      'plan/vendor/example.org/lib/lib.go': 'package lib\n\nconst Name = "vendored"\n',
    });
    expect((await prints(machine, join(root, 'plan'))).text).toBe('vendored');
  });

  test('gives instances the plan’s data files, but not its Go sources', async () => {
    const plan = await goPlan({
      'data/words.txt': 'words',
      'print.go':
        'package main\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nfunc print_() {\n\twords, _ := os.ReadFile("data/words.txt")\n\t_, err := os.Stat("main.go")\n\tfmt.Println(string(words), os.IsNotExist(err))\n}\n',
    });
    expect((await prints(await goMachine(), plan)).text).toBe('words true');
  });
});
