import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Home } from '../../src/os/home.ts';
import { TgError } from '../../src/util/errors.ts';
import { buildHere, printedBy, someHome } from '../support/build-in-process.ts';
import { describeWith } from '../support/needs.ts';
import { folderWith, tempDir } from '../support/temp.ts';

/** An environment whose PATH has a script in place of a tool; in the script, `$REAL` is the real tool. */
async function pathWith(tool: string, script: string): Promise<NodeJS.ProcessEnv> {
  const dir = await tempDir();
  const { PATH = '' } = process.env;
  const real = `REAL=$(PATH=${JSON.stringify(PATH)} command -v ${tool})`;
  await writeFile(join(dir, tool), `#!/bin/sh\n${real}\n${script}\n`, { mode: 0o755 });
  return { ...process.env, PATH: `${dir}:${PATH}` };
}

async function storedIn({ work }: Home): Promise<string[]> {
  return (await readdir(work)).filter((name) => name.startsWith('exec-'));
}

/** Builds, restores the sources, builds again. @returns what each program prints. */
async function printedTwice(
  builder: string,
  dir: string,
  home: Home,
  env: NodeJS.ProcessEnv,
  file: string,
  first: string,
): Promise<string[]> {
  const saved = await printedBy(await buildHere({ builder, dir, home, env }));
  await writeFile(join(dir, file), first);
  return [saved, await printedBy(await buildHere({ builder, dir, home }))];
}

const keepsChanging = (error: unknown) =>
  error instanceof TgError &&
  error.kind === 'build' &&
  error.message === 'the sources keep changing while they are built';

describeWith('go', 'exec:go', () => {
  const source = (word: string) => `package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("${word}") }\n`;
  const plan = () => folderWith({ 'go.mod': 'module example.org/p\n\ngo 1.20\n', 'main.go': source('one') });

  test('stores a program under the key of the new sources if a file is saved before Go reads it', {
    timeout: 60_000,
  }, async () => {
    const [dir, home] = [await plan(), await someHome()];
    // One save, as by an editor, before Go reads the file.
    const save = `if [ "$1" = build ] && [ ! -e ${home.root}/saved ]; then touch ${home.root}/saved; sed -i s/one/two/ main.go; fi`;
    const env = await pathWith('go', `${save}\nexec "$REAL" "$@"`);
    expect(await printedTwice('exec:go', dir, home, env, 'main.go', source('one'))).toEqual(['two', 'one']);
  });

  test('builds again if a file is saved during the build and restored before its end', {
    timeout: 60_000,
  }, async () => {
    const [dir, home] = [await plan(), await someHome()];
    const script = `[ "$1" = build ] && echo build >>${home.root}/builds
[ "$1" = build ] && [ ! -e ${home.root}/saved ] || exec "$REAL" "$@"
touch ${home.root}/saved; sed -i s/one/two/ main.go; "$REAL" "$@"; sed -i s/two/one/ main.go`;
    const env = await pathWith('go', script);
    expect(await printedBy(await buildHere({ builder: 'exec:go', dir, home, env }))).toBe('one');
    expect(await readFile(join(home.root, 'builds'), 'utf8')).toBe('build\nbuild\n');
  });

  test('fails and stores nothing if the sources change during every build', {
    timeout: 60_000,
  }, async () => {
    const [dir, home] = [await plan(), await someHome()];
    const env = await pathWith('go', `[ "$1" = build ] && echo "// more" >>main.go\nexec "$REAL" "$@"`);
    await expect(buildHere({ builder: 'exec:go', dir, home, env })).rejects.toSatisfy(keepsChanging);
    expect(await storedIn(home)).toEqual([]);
  });
});

describeWith('rust', 'exec:rust', () => {
  test('stores a program under the key of the new sources if a file is saved before Cargo reads it', {
    timeout: 120_000,
  }, async () => {
    const source = (word: string) => `fn main() { println!("${word}"); }\n`;
    const dir = await folderWith({
      'Cargo.toml': '[package]\nname = "p"\nversion = "0.1.0"\nedition = "2021"\n',
      'Cargo.lock': 'version = 3\n\n[[package]]\nname = "p"\nversion = "0.1.0"\n',
      'src/main.rs': source('one'),
    });
    const home = await someHome();
    const save = `if [ "$1" = build ] && [ ! -e ${home.root}/saved ]; then touch ${home.root}/saved; sed -i s/one/two/ ${dir}/src/main.rs; fi`;
    const env = await pathWith('cargo', `${save}\nexec "$REAL" "$@"`);
    expect(await printedTwice('exec:rust', dir, home, env, 'src/main.rs', source('one'))).toEqual([
      'two',
      'one',
    ]);
  });
});

describe('npm', () => {
  test('keeps one installation for each version of a lock file that changes during the installation', async () => {
    const lock = (more: object) =>
      JSON.stringify({ name: 'p', version: '1.0.0', lockfileVersion: 3, ...more });
    const dir = await folderWith({
      'package.json': '{"name":"p","version":"1.0.0"}',
      'package-lock.json': lock({ packages: { '': { name: 'p', version: '1.0.0' } } }),
      'index.mjs': 'import word from "word"; console.log(word);',
    });
    const home = await someHome();
    // The installed word tells which lock file npm saw; the plan's own lock file changes meanwhile.
    const env = await pathWith(
      'npm',
      `word=$(grep -c changed package-lock.json)
mkdir -p node_modules/word; echo "module.exports = 'lock $word'" >node_modules/word/index.js
echo '{"name":"word"}' >node_modules/word/package.json
echo '{"packages":{"node_modules/word":{}}}' >node_modules/.package-lock.json
grep -q changed ${dir}/package-lock.json || sed -i 's/"lockfileVersion":3/"lockfileVersion":3,"changed":true/' ${dir}/package-lock.json`,
    );
    const first = await buildHere({ builder: 'exec:node', dir, home, env });
    expect(await printedBy(first)).toBe('lock 1');
    await writeFile(
      join(dir, 'package-lock.json'),
      lock({ packages: { '': { name: 'p', version: '1.0.0' } } }),
    );
    const quiet = await pathWith('npm', 'exit 1');
    expect(await printedBy(await buildHere({ builder: 'exec:node', dir, home, env: quiet }))).toBe('lock 0');
    expect((await readdir(home.work)).filter((name) => name.startsWith('npm--'))).toHaveLength(2);
  });

  test('installs again if a package, node_modules or the whole installation is missing', async () => {
    const dir = await folderWith({
      'package.json': '{"name":"p","version":"1.0.0"}',
      'package-lock.json': '{"name":"p","version":"1.0.0","lockfileVersion":3,"packages":{"":{}}}',
      'index.mjs': 'import word from "word"; console.log(word);',
    });
    const home = await someHome();
    const env = await pathWith(
      'npm',
      `mkdir -p node_modules/word; echo "module.exports = 'here'" >node_modules/word/index.js
echo '{"packages":{"node_modules/word":{}}}' >node_modules/.package-lock.json`,
    );
    const { key } = await buildHere({ builder: 'exec:node', dir, home, env });
    const [npm = ''] = (await readdir(home.work)).filter((name) => name.startsWith('npm--'));
    for (const gone of ['node_modules/word', 'node_modules', '']) {
      await rm(join(home.work, npm, gone), { recursive: true });
      const again = await buildHere({ builder: 'exec:node', dir, home, env });
      expect([again.key, await printedBy(again)]).toEqual([key, 'here']);
    }
  });
});

describe('exec:generic', () => {
  test('builds from the copied sources if the build line changes the plan’s folder, and rebuilds next time', async () => {
    const dir = await folderWith({ word: 'one\n' });
    const home = await someHome();
    const config = { build: 'echo two >"$TG_PLAN_SOURCE/word"', run: 'cat word' };
    const printed: string[] = [];
    for (let build = 0; build < 2; build++)
      printed.push(await printedBy(await buildHere({ builder: 'exec:generic', dir, home, config })));
    expect(printed).toEqual(['one', 'two']);
    expect(await storedIn(home)).toHaveLength(2);
  });

  test('makes another artifact once a package is added to the plan’s node_modules', async () => {
    const dir = await folderWith({ word: 'one\n' });
    const home = await someHome();
    const config = { run: 'cat node_modules/x/word || cat word' };
    const first = await buildHere({ builder: 'exec:generic', dir, home, config });
    await mkdir(join(dir, 'node_modules', 'x'), { recursive: true });
    await writeFile(join(dir, 'node_modules', 'x', 'word'), 'package\n');
    const second = await buildHere({ builder: 'exec:generic', dir, home, config });
    expect([await printedBy(first), await printedBy(second)]).toEqual(['one', 'package']);
  });
});
