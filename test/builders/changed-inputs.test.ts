import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Home } from '../../src/os/home.ts';
import { TgError } from '../../src/util/errors.ts';
import { buildHere, printedBy, someHome } from '../support/build-in-process.ts';
import { describeWith } from '../support/needs.ts';
import { folderWith, tempDir } from '../support/temp.ts';

/** A PATH on which a tool is a script; `$REAL` is the real one. */
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

/** Builds, puts the sources back, builds again: what is printed each time. */
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

  test('a save during a build: the new program has the new key', { timeout: 60_000 }, async () => {
    const [dir, home] = [await plan(), await someHome()];
    // As an editor would, once: before Go reads the file.
    const save = `if [ "$1" = build ] && [ ! -e ${home.root}/saved ]; then touch ${home.root}/saved; sed -i s/one/two/ main.go; fi`;
    const env = await pathWith('go', `${save}\nexec "$REAL" "$@"`);
    expect(await printedTwice('exec:go', dir, home, env, 'main.go', source('one'))).toEqual(['two', 'one']);
  });

  test('a save that is taken back before the build ends counts too', { timeout: 60_000 }, async () => {
    const [dir, home] = [await plan(), await someHome()];
    const script = `[ "$1" = build ] && [ ! -e ${home.work}/saved ] || exec "$REAL" "$@"
touch ${home.work}/saved; sed -i s/one/two/ main.go; "$REAL" "$@"; sed -i s/two/one/ main.go`;
    const env = await pathWith('go', script);
    expect(await printedBy(await buildHere({ builder: 'exec:go', dir, home, env }))).toBe('one');
  });

  test('sources that change at every build: an error, and nothing is stored', {
    timeout: 60_000,
  }, async () => {
    const [dir, home] = [await plan(), await someHome()];
    const env = await pathWith('go', `[ "$1" = build ] && echo "// more" >>main.go\nexec "$REAL" "$@"`);
    await expect(buildHere({ builder: 'exec:go', dir, home, env })).rejects.toSatisfy(keepsChanging);
    expect(await storedIn(home)).toEqual([]);
  });
});

describeWith('rust', 'exec:rust', () => {
  test('a save during a build: the new program has the new key', { timeout: 120_000 }, async () => {
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
  test('a lock file that changes while it is installed is installed under its own key', async () => {
    const lock = (more: object) =>
      JSON.stringify({ name: 'p', version: '1.0.0', lockfileVersion: 3, ...more });
    const dir = await folderWith({
      'package.json': '{"name":"p","version":"1.0.0"}',
      'package-lock.json': lock({ packages: { '': { name: 'p', version: '1.0.0' } } }),
      'index.mjs': 'import word from "word"; console.log(word);',
    });
    const home = await someHome();
    // Installs the word of whichever lock file it finds; the plan's own changes meanwhile.
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
  });

  test('an installation that lacks a package is made again', async () => {
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
  test('a build line that writes into the plan’s folder: what was built is what was copied', async () => {
    const dir = await folderWith({ word: 'one\n' });
    const home = await someHome();
    const config = { build: 'echo two >"$TG_PLAN_SOURCE/word"', run: 'cat word' };
    const printed: string[] = [];
    for (let build = 0; build < 2; build++)
      printed.push(await printedBy(await buildHere({ builder: 'exec:generic', dir, home, config })));
    expect(printed).toEqual(['one', 'two']);
    expect(await storedIn(home)).toHaveLength(2);
  });

  test('packages that come to the plan count', async () => {
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
