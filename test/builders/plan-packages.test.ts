import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildHere, printedBy, someHome } from '../support/build-in-process.ts';
import { describeWith } from '../support/needs.ts';
import { folderWith } from '../support/temp.ts';

/** A helper with packages of its own, in CommonJS and as a module. */
const helper = {
  'helper/node_modules/dep/index.js': "module.exports = 'from dep';\n",
  'helper/node_modules/dep/package.json': '{"name":"dep","version":"1.0.0"}',
  'helper/index.js': "module.exports = require('dep');\n",
  'helper/module.mjs': "export { default } from 'dep';\n",
};

async function printed(builder: string, files: Readonly<Record<string, string>>, config = {}) {
  const dir = await folderWith({ ...helper, ...files });
  return await printedBy(await buildHere({ builder, dir, home: await someHome(), config }));
}

describe('packages of a helper inside of a plan are found', () => {
  test.each([
    ["console.log(require('./helper'));", 'index.cjs'],
    ["import word from './helper/module.mjs';\nconsole.log(word);", 'index.mjs'],
    ["import word from './helper/module.mjs';\nconst said: string = word;\nconsole.log(said);", 'index.ts'],
    [
      "import word from '../helper/module.mjs';\nconst said: string = word;\nconsole.log(said);",
      'src/index.ts',
    ],
  ])('exec:node: %s in %s', async (text, name) => {
    expect(await printed('exec:node', { [name]: text })).toBe('from dep');
  });

  test('exec:node: one of the plan’s own of the same name is another', async () => {
    const text = `import word from './helper/module.mjs';
import own from 'dep';
const said: string = [word, own].join(', ');
console.log(said);`;
    const own = {
      'node_modules/dep/index.js': "module.exports = 'own';\n",
      'node_modules/dep/package.json': '{"name":"dep","version":"2.0.0"}',
    };
    expect(await printed('exec:node', { ...own, 'index.ts': text })).toBe('from dep, own');
  });

  test('exec:generic: by the run line, and by the build line', async () => {
    const run = 'node -p "require(\'./helper\')"';
    expect(await printed('exec:generic', {}, { run })).toBe('from dep');
    const config = { build: `${run} >built`, run: 'cat built' };
    expect(await printed('exec:generic', {}, config)).toBe('from dep');
  });
});

describeWith('go', 'packages of a helper inside of a plan in Go', () => {
  test('are where the program looks for them', async () => {
    const files = {
      'go.mod': 'module example.org/p\n\ngo 1.20\n',
      'main.go': `package main

import (
	"os"
	"os/exec"
)

func main() {
	cmd := exec.Command("node", "-p", "require('./helper')")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Run()
}
`,
    };
    expect(await printed('exec:go', files)).toBe('from dep');
  });
});

describeWith('rust', 'packages of a helper inside of a plan in Rust', () => {
  test('are where the program looks for them', { timeout: 60_000 }, async () => {
    const files = {
      'Cargo.toml': '[package]\nname = "p"\nversion = "0.1.0"\nedition = "2021"\n',
      'Cargo.lock': 'version = 3\n\n[[package]]\nname = "p"\nversion = "0.1.0"\n',
      'src/main.rs':
        'fn main() { std::process::Command::new("node").args(["-p", "require(\'./helper\')"]).status().unwrap(); }\n',
    };
    expect(await printed('exec:rust', files)).toBe('from dep');
  });
});

describe('what a build line of exec:generic does with the plan’s packages', () => {
  const files = {
    'node_modules/tool/package.json': '{"name":"tool","version":"1.0.0"}',
    'node_modules/tool/word': 'one\n',
    'node_modules/@scope/more/word': 'more\n',
    'node_modules/.bin/say': '#!/bin/sh\ncat "$(dirname "$0")/../tool/word"\n',
    'node_modules/.package-lock.json': '{"version":1}',
  };
  const home = someHome();

  test('it runs them; the copy has them whole then', async () => {
    const dir = await folderWith(files);
    const config = {
      build: 'sh node_modules/.bin/say >built',
      run: 'cat built node_modules/@scope/more/word',
    };
    const artifact = await buildHere({ builder: 'exec:generic', dir, home: await home, config });
    expect(await printedBy(artifact)).toBe('one\nmore');
    expect(lstatSync(join(artifact.dir, 'node_modules')).isSymbolicLink()).toBe(true);
  });

  test('what it writes among them stays in the copy, what it removes is there again', async () => {
    const dir = await folderWith(files);
    const config = {
      build:
        'mkdir -p node_modules/.made node_modules/.cache && echo made >node_modules/.made/word && rm -r node_modules/@scope',
      run: 'cat node_modules/.made/word node_modules/@scope/more/word node_modules/tool/word',
    };
    const artifact = await buildHere({ builder: 'exec:generic', dir, home: await home, config });
    expect(await printedBy(artifact)).toBe('made\nmore\none');
    expect(readdirSync(join(dir, 'node_modules')).sort()).toEqual([
      '.bin',
      '.package-lock.json',
      '@scope',
      'tool',
    ]);
  });

  test.each([
    ['a line', 'npm ci', {}],
    ['a copy', 'cp -r vendored node_modules', { 'vendored/tool/word': '' }],
    ['a folder', 'mkdir node_modules', {}],
    ['a script', 'sh make.sh', { 'make.sh': 'if false; then npm ci; fi\nnpm() { :; }; npm ci\n' }],
  ])('it installs its own where it does, as %s says', async (_, line, more) => {
    const dir = await folderWith({ ...files, ...more });
    const npm =
      'npm() { ls node_modules >seen 2>/dev/null; mkdir -p node_modules/tool; echo two >node_modules/tool/word; }';
    const config = { build: `${npm}; ${line}; npm`, run: 'cat seen node_modules/tool/word' };
    const artifact = await buildHere({ builder: 'exec:generic', dir, home: await home, config });
    expect(await printedBy(artifact)).toMatch(/two$/);
    expect(existsSync(join(artifact.dir, 'node_modules/@scope'))).toBe(false);
    expect(await readFile(join(dir, 'node_modules/tool/word'), 'utf8')).toBe('one\n');
  });

  test('a folder that it removes does not come back', async () => {
    const dir = await folderWith({ ...helper, word: '' });
    const config = { build: 'rm -r helper', run: 'ls' };
    const artifact = await buildHere({ builder: 'exec:generic', dir, home: await home, config });
    expect(await printedBy(artifact)).toBe('word');
  });

  test('it is carried out again where other packages, or versions, are installed', async () => {
    const dir = await folderWith(files);
    const config = { build: 'cat node_modules/tool/word >built', run: 'cat built' };
    const keyNow = async () =>
      (await buildHere({ builder: 'exec:generic', dir, home: await home, config })).key;
    const keys = [await keyNow(), await keyNow()];
    await writeFile(join(dir, 'node_modules/.package-lock.json'), '{"version":2}');
    keys.push(await keyNow());
    await mkdir(join(dir, 'node_modules/other'));
    keys.push(await keyNow());
    await rm(join(dir, 'node_modules'), { recursive: true });
    await mkdir(join(dir, 'node_modules/tool'), { recursive: true });
    await writeFile(join(dir, 'node_modules/tool/word'), 'one\n');
    keys.push(await keyNow());
    expect(keys[0]).toBe(keys[1]);
    expect(new Set(keys).size).toBe(4);
  });
});
