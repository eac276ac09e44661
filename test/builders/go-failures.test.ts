import { expect, test } from 'vitest';
import { prints } from '../support/builds.ts';
import { describeWith } from '../support/needs.ts';
import { folderWith } from '../support/temp.ts';
import { single, someMachine, tg } from '../support/tg.ts';
import { toolchainEnv } from '../support/toolchains.ts';

const manifest =
  'name = "p"\n[defaults]\nbuilder = "exec:go"\n[[testcases]]\nname = "t"\ninstances = { min = 1, max = 5, default = 1 }\n';
const mod = 'module example.org/p\n\ngo 1.20\n';
const main = 'package main\n\nfunc main() {}\n';

const goPlan = (files: Readonly<Record<string, string>>) =>
  folderWith({ 'manifest.toml': manifest, 'go.mod': mod, 'main.go': main, ...files });
const machineWith = (env: Readonly<Record<string, string>> = {}) =>
  someMachine({ ...toolchainEnv(), ...env });

describeWith('go', 'exec:go with a plan or environment that Go refuses', () => {
  test('advises -checklinkname=0 for a linkname to an internal name, and builds the plan with it', async () => {
    const plan = await goPlan({
      'main.go':
        'package main\n\nimport (\n\t"fmt"\n\t_ "unsafe"\n)\n\n//go:linkname recvmsg syscall.recvmsg\nfunc recvmsg(s int, msg *int, flags int) (n int, err error)\n\nfunc main() { fmt.Println(recvmsg != nil) }\n',
      // A function without a body needs an assembly file beside it.
      'empty.s': '',
    });
    const { code, stderr } = await tg(await machineWith(), single(plan));
    expect([code, stderr]).toEqual([
      4,
      expect.stringMatching(
        /invalid reference to syscall\.recvmsg\n[\s\S]*GOFLAGS=-ldflags=-checklinkname=0/,
      ),
    ]);
    const taken = await machineWith({ GOFLAGS: '-ldflags=-checklinkname=0' });
    expect((await prints(taken, plan)).text).toBe('true');
  });

  test('advises CGO_ENABLED=0 without a C compiler, and builds a plan that needs none with it', async () => {
    const plan = await goPlan({
      'main.go': '//go:build !cgo\n\npackage main\n\nfunc main() {}\n',
      'c.go': 'package main\n\nimport "C"\n\nfunc main() {}\n',
    });
    const { code, stderr } = await tg(
      await machineWith({ CC: 'no-such-cc', CGO_ENABLED: '1' }),
      single(plan),
    );
    expect([code, stderr]).toEqual([
      4,
      expect.stringMatching(
        /C compiler "no-such-cc" not found[\s\S]*\n {2}Install no-such-cc, or .*CGO_ENABLED=0\./,
      ),
    ]);
    expect((await prints(await machineWith({ CC: 'no-such-cc', CGO_ENABLED: '0' }), plan)).text).toBe('');
  });

  test.each([
    [
      'an import that Go takes for its standard library',
      { 'main.go': 'package main\n\nimport _ "lib/sub"\n\nfunc main() {}\n' },
      /main\.go:3:8: package lib\/sub is not in std .*\n {2}lib\/sub is read as a package of the standard library/,
    ],
    [
      'a module that cannot be fetched',
      {
        'go.mod': `${mod}\nrequire example.org/old v1.0.0\n\nreplace example.org/old v1.0.0 => example.org/new v1.0.0\n`,
        'main.go': 'package main\n\nimport _ "example.org/old"\n\nfunc main() {}\n',
      },
      /Check GOPROXY/,
    ],
    [
      'a go.mod that requires a future Go',
      { 'go.mod': 'module example.org/p\n\ngo 1.99\n' },
      /requires go >= 1\.99 .*\n {2}GOTOOLCHAIN=local prevents Go from using a later one/,
    ],
    [
      'a library in the place of a program',
      { 'main.go': 'package p\n', 'cmd/one/main.go': main, 'cmd/two/main.go': main },
      /package p is not a program: .*\n {2}.*exec_pkg=\.\/cmd\/one, .*The plan’s programs: \.\/cmd\/one, \.\/cmd\/two\./,
    ],
    [
      'a folder whose Go files are all excluded',
      { 'main.go': '//go:build ignore\n\npackage main\n', 'cmd/one/main.go': main },
      /there is no program in .*\n {2}.*exec_pkg=\.\/cmd\/one/,
    ],
    ['a malformed go.work', { 'go.work': 'go 1.20\nuse\n' }, /go\.work:2: /],
  ])('exits 4 and explains %s without naming temporary files', async (_, files, words) => {
    const machine = await machineWith({ GOPROXY: 'off', GOTOOLCHAIN: 'local', GOFLAGS: '-v=false' });
    const { code, stderr } = await tg(machine, single(await goPlan(files)));
    expect([code, stderr]).toEqual([4, expect.stringMatching(words)]);
    expect(stderr).not.toMatch(/-modfile|tg-go|module-/);
  });

  test('builds the plan as a module even with GO111MODULE=off', async () => {
    const plan = await goPlan({});
    expect((await prints(await machineWith({ GO111MODULE: 'off' }), plan)).text).toBe('');
  });
});
