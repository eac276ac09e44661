import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Home, homeOf } from '../../src/os/home.ts';
import { buildHere, printedBy, someHome } from '../support/build-in-process.ts';
import { describeWith } from '../support/needs.ts';
import { folderWith } from '../support/temp.ts';

const timeout = 240_000;
interface Plan {
  readonly dir: string;
  readonly home: Home;
  readonly config?: Readonly<Record<string, string>>;
  readonly env?: NodeJS.ProcessEnv;
}

/** The output of a plan and the key of its artifact; another key means another build. */
async function printed({ dir, home, config = {}, env }: Plan): Promise<[text: string, key: string]> {
  const more = env === undefined ? {} : { env: { ...process.env, ...env } };
  const artifact = await buildHere({ builder: 'exec:go', dir, home, config, ...more });
  return [await printedBy(artifact), artifact.key];
}

/** Expects another artifact for a changed file, and the first one again once it is restored. */
async function follows(plan: Plan, file: string, changed: string, expected: string): Promise<void> {
  const before = await readFile(file, 'utf8');
  const first = await printed(plan);
  await writeFile(file, changed);
  const [text, key] = await printed(plan);
  expect([text, key === first[1]], file).toEqual([expected, false]);
  await writeFile(file, before);
  expect(await printed(plan), file).toEqual(first);
}

const mod = 'module example.org/p\n\ngo 1.20\n';
const says = (what: string, imports = '') =>
  `package main\n\nimport (\n\t"fmt"\n${imports}\n)\n\nfunc main() { fmt.Println(${what}) }\n`;

describeWith('go', 'exec:go rebuilds for a change to', () => {
  test('C headers and libraries in folders inside, beside and above the package', { timeout }, async () => {
    const root = await folderWith({
      'far/far.h': '#define FAR 1\n',
      'far/deep.h': '#include "../deeper.h"\n',
      'deeper.h': '#define DEEP 1\n',
      'lib/lib.c': 'int lib() { return 1; }\n',
      'plan/go.mod': mod,
      'plan/inc/inc.h': '#define INC 1\n',
      'plan/shared.h': '#define SHARED 1\n',
      'plan/c/c.go': `package c

// #cgo CFLAGS: -I\${SRCDIR}/../inc -I\${SRCDIR}/../../far
// #cgo LDFLAGS: -L\${SRCDIR}/../../lib -lours
// #include "own.h"
// #include "../shared.h"
// #include <inc.h>
// #include <far.h>
// #include "deep.h"
// int lib();
import "C"

var Words = []int{C.OWN, C.SHARED, C.INC, C.FAR, C.DEEP, int(C.lib())}
`,
      'plan/c/own.h': '#define OWN 1\n',
      'plan/main.go': says('c.Words', '\t"example.org/p/c"'),
    });
    const archive = async (value: number) => {
      await writeFile(join(root, 'lib/lib.c'), `int lib() { return ${value}; }\n`);
      execFileSync('cc', ['-c', 'lib.c', '-o', 'lib.o'], { cwd: join(root, 'lib') });
      await rm(join(root, 'lib/libours.a'), { force: true });
      execFileSync('ar', ['rcD', 'libours.a', 'lib.o'], { cwd: join(root, 'lib') });
    };
    await archive(1);
    const plan = { dir: join(root, 'plan'), home: await someHome() };
    const first = await printed(plan);
    expect(first[0]).toBe('[1 1 1 1 1 1]');
    const define = (name: string, macro: string) => async (value: number) =>
      await writeFile(join(root, name), `#define ${macro} ${value}\n`);
    const inputs = [
      define('plan/c/own.h', 'OWN'),
      define('plan/shared.h', 'SHARED'),
      define('plan/inc/inc.h', 'INC'),
      define('far/far.h', 'FAR'),
      define('deeper.h', 'DEEP'),
      archive,
    ];
    for (const [index, write] of inputs.entries()) {
      await write(2);
      const words = inputs.map((_, other) => (other === index ? 2 : 1));
      expect((await printed(plan))[0]).toBe(`[${words.join(' ')}]`);
      await write(1);
    }
    expect(await printed(plan)).toEqual(first);
    // A file that comes earlier in the search path.
    await writeFile(join(root, 'plan/inc/far.h'), '#define FAR 3\n');
    expect((await printed(plan))[0]).toBe('[1 1 1 3 1 1]');
  });

  test('pkg-config files, and headers in the folders that they name', {
    timeout,
    tags: ['pkgConfig'],
  }, async () => {
    const root = await folderWith({
      'inc/ours.h': '#define OURS 1\n',
      'pc/ours.pc':
        'Name: ours\nDescription: d\nVersion: 1\nRequires: other\nCflags: -I${pcfiledir}/../inc\n',
      'pc/other.pc': 'Name: other\nDescription: d\nVersion: 1\nCflags: -DOTHER=1\n',
      'elsewhere/ours.pc': 'Name: ours\nDescription: d\nVersion: 1\nCflags: -DOTHER=5 -DOURS=5 -I.\n',
      'elsewhere/ours.h': '',
      'plan/go.mod': mod,
      'plan/main.go': `package main

// #cgo pkg-config: ours
// #include <ours.h>
import "C"
import "fmt"

func main() { fmt.Println(C.OURS, C.OTHER) }
`,
    });
    const env = { PKG_CONFIG_PATH: join(root, 'pc') };
    const plan = { dir: join(root, 'plan'), home: await someHome(), env };
    const first = await printed(plan);
    expect(first[0]).toBe('1 1');
    await follows(plan, join(root, 'inc/ours.h'), '#define OURS 2\n', '2 1');
    const other = join(root, 'pc/other.pc');
    await follows(plan, other, (await readFile(other, 'utf8')).replace('OTHER=1', 'OTHER=2'), '1 2');
    const elsewhere = { PKG_CONFIG_PATH: `${join(root, 'empty')}:${join(root, 'pc')}` };
    await mkdir(join(root, 'empty'));
    expect((await printed({ ...plan, env: elsewhere }))[0]).toBe('1 1');
    // A file that comes earlier in the search path.
    await writeFile(
      join(root, 'empty/other.pc'),
      'Name: other\nDescription: d\nVersion: 1\nCflags: -DOTHER=3\n',
    );
    expect((await printed({ ...plan, env: elsewhere }))[0]).toBe('1 3');
    expect(await printed(plan)).toEqual(first);
  });

  test('files that build flags name', { timeout }, async () => {
    const root = await folderWith({
      'plan/go.mod': mod,
      'plan/main.go': says('word', '').replace('func', 'var word = "plain"\n\nfunc'),
      'over.go': says('word', '').replace('func', 'var word = "over"\n\nfunc'),
    });
    const dir = join(root, 'plan');
    const overlay = { Replace: { [join(dir, 'main.go')]: join(root, 'over.go') } };
    await writeFile(join(root, 'overlay.json'), JSON.stringify(overlay));
    const plan = { dir, home: await someHome(), config: { build_flags: '-overlay "../overlay.json"' } };
    expect((await printed(plan))[0]).toBe('over');
    const changed = (await readFile(join(root, 'over.go'), 'utf8')).replace('over', 'changed');
    await follows(plan, join(root, 'over.go'), changed, 'changed');
    await follows(plan, join(root, 'overlay.json'), '{"Replace":{}}', 'plain');
  });

  test('a header that assembly includes from another folder', { timeout }, async () => {
    const dir = await folderWith({
      'go.mod': mod,
      'asm/value.h': '#define VALUE $1\n',
      'number/number.go': 'package number\n\nfunc Number() int\n',
      'number/number_amd64.s':
        '#include "textflag.h"\n#include "../asm/value.h"\n\nTEXT ·Number(SB), NOSPLIT, $0-8\n\tMOVQ VALUE, AX\n\tMOVQ AX, ret+0(FP)\n\tRET\n',
      'number/number_arm64.s':
        '#include "textflag.h"\n#include "../asm/value.h"\n\nTEXT ·Number(SB), NOSPLIT, $0-8\n\tMOVD VALUE, R0\n\tMOVD R0, ret+0(FP)\n\tRET\n',
      'main.go': says('number.Number()', '\t"example.org/p/number"'),
    });
    const plan = { dir, home: await someHome() };
    expect((await printed(plan))[0]).toBe('1');
    await follows(plan, join(dir, 'asm/value.h'), '#define VALUE $2\n', '2');
  });

  test('embedded files and folders, also for added and removed files, and runs no generators', {
    timeout,
  }, async () => {
    const dir = await folderWith({
      'go.mod': mod,
      'main.go': `package main

//go:generate sh -c "echo generated > words/made.txt"

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed words all:node_modules/hidden *.txt
var files embed.FS

func main() {
	fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, _ error) error {
		if !entry.IsDir() {
			text, _ := files.ReadFile(path)
			fmt.Print(path, "=", string(text), " ")
		}
		return nil
	})
}
`,
      'words/a.txt': 'a',
      'words/deep/b.txt': 'b',
      'node_modules/hidden/_c.txt': 'c',
      'top.txt': 'top',
    });
    const plan = { dir, home: await someHome() };
    const all = 'node_modules/hidden/_c.txt=c top.txt=top words/a.txt=a words/deep/b.txt=b';
    const first = await printed(plan);
    expect(first[0]).toBe(all);
    await follows(plan, join(dir, 'words/deep/b.txt'), 'B', all.replace('=b', '=B'));
    await follows(plan, join(dir, 'node_modules/hidden/_c.txt'), 'C', all.replace('=c', '=C'));
    await writeFile(join(dir, 'node_modules/hidden/.d'), 'd');
    expect((await printed(plan))[0]).toBe(`node_modules/hidden/.d=d ${all}`);
    await rm(join(dir, 'node_modules/hidden/.d'));
    expect(await printed(plan)).toEqual(first);
    await rm(join(dir, 'words/a.txt'));
    expect((await printed(plan))[0]).toBe(all.replace('words/a.txt=a ', ''));
  });

  test('a file replaced by an older one, a removed file, build constraints and environment variables', {
    timeout,
  }, async () => {
    const dir = await folderWith({
      'go.mod': mod,
      'main.go': says('word, hasC'),
      'word.go': 'package main\n\nvar word = "one"\n',
      'older.txt': 'package main\n\nvar word = "two"\n',
      'with.go': '//go:build cgo\n\npackage main\n\nvar hasC = true\n',
      'without.go': '//go:build !cgo\n\npackage main\n\nvar hasC = false\n',
      'init.go': 'package main\n\nfunc init() { word += " and more" }\n',
      'tagged.go': '//go:build tagged\n\npackage main\n\nfunc init() { word += ", tagged" }\n',
    });
    const plan = { dir, home: await someHome() };
    const first = await printed(plan);
    expect(first[0]).toBe('one and more true');
    await utimes(join(dir, 'older.txt'), 1_000_000_000, 1_000_000_000);
    const older = await readFile(join(dir, 'older.txt'), 'utf8');
    await follows(plan, join(dir, 'word.go'), older, 'two and more true');
    expect((await printed({ ...plan, env: { CGO_ENABLED: '0' } }))[0]).toBe('one and more false');
    expect((await printed({ ...plan, env: { GOFLAGS: '-tags=tagged' } }))[0]).toBe(
      'one and more, tagged true',
    );
    expect(await printed(plan)).toEqual(first);
    await rm(join(dir, 'init.go'));
    expect((await printed(plan))[0]).toBe('one true');
  });

  test('the godebug line of go.mod', { timeout }, async () => {
    const dir = await folderWith({
      'go.mod': `${mod.replace('1.20', '1.21')}\ngodebug panicnil=1\n`,
      'main.go': says('debug()'),
      'debug.go':
        'package main\n\nfunc debug() (isNil bool) {\n\tdefer func() { isNil = recover() == nil }()\n\tpanic(nil)\n}\n',
    });
    const plan = { dir, home: await someHome() };
    expect((await printed(plan))[0]).toBe('true');
    await follows(plan, join(dir, 'go.mod'), mod.replace('1.20', '1.21'), 'false');
  });
});

describeWith('go', 'exec:go takes modules, as Go does, from', () => {
  const lib = (word: string) => `package lib\n\nconst Word = "${word}"\n`;
  const main = says('lib.Word', '\t"example.org/lib"');

  test('folders inside, beside and above the plan, and rebuilds for changes there', { timeout }, async () => {
    const root = await folderWith({
      'go.mod': 'module example.org/above\n\ngo 1.20\n',
      'above.go': 'package above\n\nconst Word = "above"\n',
      'beside/go.mod': 'module example.org/beside\n\ngo 1.20\n\nrequire example.org/nested v0.0.0\n',
      'beside/beside.go': 'package beside\n\nimport "example.org/nested"\n\nconst Word = nested.Word\n',
      'nested/go.mod': 'module example.org/nested\n',
      'nested/nested.go': 'package nested\n\nconst Word = "nested"\n',
      'home/plan/inside/go.mod': 'module example.org/inside\n',
      'home/plan/inside/inside.go': 'package inside\n\nconst Word = "inside"\n',
      'home/plan/go.mod': `${mod}
require (
	example.org/above v0.0.0
	example.org/beside v0.0.0
	example.org/nested v0.0.0
	example.org/inside v0.0.0
)
replace (
	example.org/above => ../..
	example.org/beside v0.0.0 => ../../beside
	example.org/nested => ../../nested
	example.org/inside => ./inside
)
`,
      'home/plan/main.go': says(
        'above.Word, beside.Word, inside.Word',
        '\t"example.org/above"\n\t"example.org/beside"\n\t"example.org/inside"',
      ),
    });
    const plan = { dir: join(root, 'home/plan'), home: await someHome() };
    const text = 'above nested inside';
    expect((await printed(plan))[0]).toBe(text);
    const change = async (file: string, package_: string) =>
      await follows(
        plan,
        join(root, file),
        `package ${package_}\n\nconst Word = "new"\n`,
        text.replace(package_, 'new'),
      );
    await change('above.go', 'above');
    await follows(
      plan,
      join(root, 'beside/beside.go'),
      'package beside\n\nconst Word = "new"\n',
      'above new inside',
    );
    await change('nested/nested.go', 'nested');
    await change('home/plan/inside/inside.go', 'inside');
  });

  test('a folder that contains the home of tg, without counting the home as sources', {
    timeout,
  }, async () => {
    const root = await folderWith({
      'go.mod': 'module example.org/lib\n',
      'lib.go': lib('above'),
      'plan/go.mod': `${mod}\nrequire example.org/lib v0.0.0\n\nreplace example.org/lib => ..\n`,
      'plan/main.go': main,
    });
    const home = homeOf({ TESTGROUND_HOME: join(root, 'home') });
    await mkdir(home.work, { recursive: true });
    const plan = { dir: join(root, 'plan'), home };
    const first = await printed(plan);
    expect(first[0]).toBe('above');
    await writeFile(join(home.root, 'data', 'some.go'), 'package some\n');
    expect(await printed(plan)).toEqual(first);
    await follows(plan, join(root, 'lib.go'), lib('changed'), 'changed');
  });

  test('a workspace inside the plan', { timeout }, async () => {
    const dir = await folderWith({
      'go.work': 'go 1.20\n\nuse (\n\t.\n\t./lib\n)\n',
      'go.mod': mod,
      'main.go': main,
      'lib/go.mod': 'module example.org/lib\n\ngo 1.20\n',
      'lib/lib.go': lib('workspace'),
      'other/go.mod': 'module example.org/lib\n\ngo 1.20\n',
      'other/lib.go': lib('other'),
    });
    const plan = { dir, home: await someHome() };
    expect((await printed(plan))[0]).toBe('workspace');
    await follows(plan, join(dir, 'lib/lib.go'), lib('changed'), 'changed');
    await follows(plan, join(dir, 'go.work'), 'go 1.20\n\nuse (\n\t.\n\t./other\n)\n', 'other');
  });

  test('a workspace inside the plan without a go.work.sum, and creates none there', { timeout }, async () => {
    const root = await folderWith({
      'proxy/example.org/graph/@v/v1.0.0.info': '{"Version":"v1.0.0"}',
      'proxy/example.org/graph/@v/v1.0.0.mod': 'module example.org/graph\n',
      'plan/go.work': 'go 1.20\n\nuse (\n\t.\n\t./lib\n)\n',
      'plan/go.mod': mod,
      'plan/main.go': main,
      // Go reads this go.mod of a module that nothing imports, and writes its checksum.
      'plan/lib/go.mod': 'module example.org/lib\n\ngo 1.20\n\nrequire example.org/graph v1.0.0\n',
      'plan/lib/lib.go': lib('workspace'),
    });
    const GOMODCACHE = join(root, 'cache');
    const env = { GOPROXY: `file://${root}/proxy`, GONOSUMDB: '*', GOMODCACHE };
    const plan = { dir: join(root, 'plan'), home: await someHome(), env };
    expect((await printed(plan))[0]).toBe('workspace');
    expect(existsSync(join(GOMODCACHE, 'cache/download/example.org/graph/@v/v1.0.0.mod'))).toBe(true);
    expect((await readdir(plan.dir)).sort()).toEqual(['go.mod', 'go.work', 'lib', 'main.go']);
  });

  test('a workspace above the plan that lists its module, unless GOWORK=off', { timeout }, async () => {
    const root = await folderWith({
      'go.work': 'go 1.20\n\nuse (\n\t./lib\n\t./plans/p\n)\n',
      'lib/go.mod': 'module example.org/lib\n\ngo 1.20\n',
      'lib/lib.go': lib('workspace'),
      'plans/p/go.mod': mod,
      'plans/p/main.go': main,
    });
    const plan = { dir: join(root, 'plans/p'), home: await someHome() };
    expect((await printed(plan))[0]).toBe('workspace');
    await follows(plan, join(root, 'lib/lib.go'), lib('changed'), 'changed');
    await follows(plan, join(root, 'lib/go.mod'), 'module example.org/lib\n\ngo 1.19\n', 'workspace');
    await expect(printed({ ...plan, env: { GOWORK: 'off' } })).rejects.toThrow('does not build');
  });

  test('a workspace in a plan whose own folder has no go.mod, by exec_pkg or path', { timeout }, async () => {
    const dir = await folderWith({
      'go.work': 'go 1.20\n\nuse (\n\t./app\n\t./lib\n)\n',
      'app/go.mod': mod,
      'app/main.go': main,
      'lib/go.mod': 'module example.org/lib\n\ngo 1.20\n',
      'lib/lib.go': lib('workspace'),
    });
    const home = await someHome();
    expect((await printed({ dir, home, config: { exec_pkg: './app' } }))[0]).toBe('workspace');
    expect((await printed({ dir, home, config: { path: 'app' } }))[0]).toBe('workspace');
  });

  test('a consistent vendor folder, and advises GOFLAGS=-mod=mod for an inconsistent one', {
    timeout,
  }, async () => {
    const dir = await folderWith({
      'go.mod': `${mod}\nrequire example.org/lib v1.0.0\n\nreplace example.org/lib => ./elsewhere\n`,
      'elsewhere/go.mod': 'module example.org/lib\n',
      'elsewhere/lib.go': lib('elsewhere'),
      'main.go': main,
      'vendor/modules.txt':
        '# example.org/lib v1.0.0 => ./elsewhere\n## explicit\nexample.org/lib\n# example.org/lib => ./elsewhere\n',
      'vendor/example.org/lib/lib.go': lib('vendored'),
    });
    const plan = { dir, home: await someHome(), env: { GOFLAGS: '-buildvcs=false' } };
    expect((await printed(plan))[0]).toBe('vendored');
    await follows(plan, join(dir, 'vendor/example.org/lib/lib.go'), lib('changed'), 'changed');
    await writeFile(
      join(dir, 'vendor/modules.txt'),
      '# example.org/lib v0.9.0\n## explicit\nexample.org/lib\n',
    );
    await expect(printed(plan)).rejects.toMatchObject({
      hint: expect.stringMatching(/^go: inconsistent vendoring in [\s\S]*GOFLAGS=-mod=mod ignores it\.$/),
    });
    expect((await printed({ ...plan, env: { GOFLAGS: '-mod=mod' } }))[0]).toBe('elsewhere');
  });

  test('the go.*.mod file that modfile names, and lists the choices if none is named', {
    timeout,
  }, async () => {
    const dir = await folderWith({
      'main.go': main,
      'go.v0.11.mod': `${mod}\nrequire example.org/lib v0.0.0\n\nreplace example.org/lib => ./v11\n`,
      'go.v0.12.mod': `${mod}\nrequire example.org/lib v0.0.0\n\nreplace example.org/lib => ./v12\n`,
      'go.v0.12.sum': '',
      'v11/go.mod': 'module example.org/lib\n',
      'v11/lib.go': lib('eleven'),
      'v12/go.mod': 'module example.org/lib\n',
      'v12/lib.go': lib('twelve'),
    });
    const home = await someHome();
    await expect(printed({ dir, home })).rejects.toMatchObject({
      message: 'the plan has no go.mod',
      hint: 'It has go.v0.11.mod, go.v0.12.mod. Choose one: --build-cfg modfile=go.v0.12.mod, or modfile in the manifest.',
    });
    expect((await printed({ dir, home, config: { modfile: 'go.v0.11.mod' } }))[0]).toBe('eleven');
    const newer = { dir, home, config: { modfile: 'go.v0.12.mod' } };
    expect((await printed(newer))[0]).toBe('twelve');
    await follows(newer, join(dir, 'v12/lib.go'), lib('changed'), 'changed');
  });
});
