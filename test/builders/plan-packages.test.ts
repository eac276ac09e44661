import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildHere, printedBy, someHome } from '../support/build-in-process.ts';
import { describeWith } from '../support/needs.ts';
import { folderWith } from '../support/temp.ts';

/** A helper with a package of its own, in CommonJS and as an ES module. */
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

describe('the packages of a helper inside a plan', () => {
  test.each([
    ["console.log(require('./helper'));", 'index.cjs'],
    ["import word from './helper/module.mjs';\nconsole.log(word);", 'index.mjs'],
    ["import word from './helper/module.mjs';\nconst said: string = word;\nconsole.log(said);", 'index.ts'],
    [
      "import word from '../helper/module.mjs';\nconst said: string = word;\nconsole.log(said);",
      'src/index.ts',
    ],
  ])('are found by exec:node: %s in %s', async (text, name) => {
    expect(await printed('exec:node', { [name]: text })).toBe('from dep');
  });

  test('are not confused by exec:node with the plan’s own package of the same name', async () => {
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

  test('are found by the run line and by the build line of exec:generic', async () => {
    const run = 'node -p "require(\'./helper\')"';
    expect(await printed('exec:generic', {}, { run })).toBe('from dep');
    const config = { build: `${run} >built`, run: 'cat built' };
    expect(await printed('exec:generic', {}, config)).toBe('from dep');
  });
});

describeWith('go', 'the packages of a helper inside a Go plan', () => {
  test('are found if the Go program starts Node', async () => {
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

describeWith('rust', 'the packages of a helper inside a Rust plan', () => {
  test('are found if the Rust program starts Node', { timeout: 60_000 }, async () => {
    const files = {
      'Cargo.toml': '[package]\nname = "p"\nversion = "0.1.0"\nedition = "2021"\n',
      'Cargo.lock': 'version = 3\n\n[[package]]\nname = "p"\nversion = "0.1.0"\n',
      'src/main.rs':
        'fn main() { std::process::Command::new("node").args(["-p", "require(\'./helper\')"]).status().unwrap(); }\n',
    };
    expect(await printed('exec:rust', files)).toBe('from dep');
  });
});

describe('a build line of exec:generic', () => {
  const files = {
    'node_modules/tool/package.json': '{"name":"tool","version":"1.0.0"}',
    'node_modules/tool/word': 'one\n',
    'node_modules/@scope/more/word': 'more\n',
    'node_modules/.bin/say': '#!/bin/sh\ncat "$(dirname "$0")/../tool/word"\n',
    'node_modules/.package-lock.json': '{"version":1}',
  };
  const home = someHome();

  test('can run the plan’s packages, and the copy links to node_modules as a whole', async () => {
    const dir = await folderWith(files);
    const config = {
      build: 'sh node_modules/.bin/say >built',
      run: 'cat built node_modules/@scope/more/word',
    };
    const artifact = await buildHere({ builder: 'exec:generic', dir, home: await home, config });
    expect(await printedBy(artifact)).toBe('one\nmore');
    expect(lstatSync(join(artifact.dir, 'node_modules')).isSymbolicLink()).toBe(true);
  });

  test('writes into node_modules of the copy only, where packages that it removes reappear', async () => {
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
    ['npm ci', 'npm ci', {}],
    ['cp', 'cp -r vendored node_modules', { 'vendored/tool/word': '' }],
    ['mkdir', 'mkdir node_modules', {}],
    ['a script', 'sh make.sh', { 'make.sh': 'if false; then npm ci; fi\nnpm() { :; }; npm ci\n' }],
  ])('has only the packages that it installs itself, if it does so by %s', async (_, line, more) => {
    const dir = await folderWith({ ...files, ...more });
    const npm =
      'npm() { ls node_modules >seen 2>/dev/null; mkdir -p node_modules/tool; echo two >node_modules/tool/word; }';
    const config = { build: `${npm}; ${line}; npm`, run: 'cat seen node_modules/tool/word' };
    const artifact = await buildHere({ builder: 'exec:generic', dir, home: await home, config });
    expect(await printedBy(artifact)).toMatch(/two$/);
    expect(existsSync(join(artifact.dir, 'node_modules/@scope'))).toBe(false);
    expect(await readFile(join(dir, 'node_modules/tool/word'), 'utf8')).toBe('one\n');
  });

  test('can remove a folder that has packages', async () => {
    const dir = await folderWith({ ...helper, word: '' });
    const config = { build: 'rm -r helper', run: 'ls' };
    const artifact = await buildHere({ builder: 'exec:generic', dir, home: await home, config });
    expect(await printedBy(artifact)).toBe('word');
  });

  test('leads to another artifact if other packages or versions are installed', async () => {
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
