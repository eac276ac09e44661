import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { onlyOnce } from '../../src/builders/store/one-build.ts';
import type { CommandArtifact } from '../../src/plan/artifact.ts';
import { buildHere, printedBy, someHome } from '../support/build-in-process.ts';
import { describeWith } from '../support/needs.ts';
import { folderWith, tempDir } from '../support/temp.ts';

test('onlyOnce returns what another tg has built meanwhile instead of building again', async () => {
  const plan = { name: 'p', dir: '/p', sdk: undefined };
  const spec = {
    ...{ builder: 'exec:generic', config: {}, selectors: [], dependencies: [], linkSdk: undefined },
    coverage: false,
  };
  const [home, signal] = [await someHome(), new AbortController().signal];
  const silent = { warn: () => {}, report: () => {}, progress: () => {} };
  const request = { plan, spec, home, env: {}, signal, ...silent };
  const made = await onlyOnce(
    request,
    { key: 'key', heldBy: (maker) => `made by ${maker}` },
    async () => 'made by another',
    async () => 'made here',
  );
  expect(made).toBe('made by another');
});

/** A PATH with a script in place of a tool; in it, `wait_for_go` waits for the file `letGo`, `$REAL` is the tool. */
async function pathWith(tool: string, script: string): Promise<{ env: NodeJS.ProcessEnv; letGo: string }> {
  const dir = await tempDir();
  const { PATH = '' } = process.env;
  const letGo = join(dir, 'go');
  const lines = [
    '#!/bin/sh',
    `REAL=$(PATH=${JSON.stringify(PATH)} command -v ${tool})`,
    `wait_for_go() { while [ ! -e ${letGo} ]; do sleep 0.02; done; }`,
    script,
  ];
  await mkdir(join(dir, 'bin'));
  await writeFile(join(dir, 'bin', tool), lines.join('\n'), { mode: 0o755 });
  return { env: { ...process.env, PATH: `${join(dir, 'bin')}:${PATH}` }, letGo };
}

type Asked = Pick<Parameters<typeof buildHere>[0], 'builder' | 'dir' | 'env'> & {
  readonly configs: readonly [Readonly<Record<string, string>>, Readonly<Record<string, string>>];
  readonly letGo: string;
};

/** Runs two builds at once. @returns what the waiting one reports, and what both programs print. */
async function twoAtOnce({ configs, letGo, ...asked }: Asked): Promise<{ said: string; printed: string[] }> {
  const home = await someHome();
  let builds: Promise<CommandArtifact>[] = [];
  const said = await new Promise<string>((resolve, reject) => {
    const report = (text: string) => {
      if (text.includes('waiting')) resolve(text);
    };
    builds = configs.map((config) => buildHere({ ...asked, home, config, more: { report } }));
    Promise.all(builds).catch(reject);
  });
  await writeFile(letGo, '');
  return { said, printed: await Promise.all((await Promise.all(builds)).map(printedBy)) };
}

describe('a build that waits for another', () => {
  test('says that the same Node packages are being installed', async () => {
    const dir = await folderWith({
      'package.json': '{"name":"p","version":"1.0.0"}',
      'package-lock.json': '{"name":"p","version":"1.0.0","lockfileVersion":3,"packages":{"":{}}}',
      'index.mjs': 'import word from "word"; console.log(word);',
    });
    const { env, letGo } = await pathWith(
      'npm',
      `wait_for_go; mkdir -p node_modules/word; echo "module.exports = 'here'" >node_modules/word/index.js
echo '{"packages":{"node_modules/word":{}}}' >node_modules/.package-lock.json`,
    );
    const { said, printed } = await twoAtOnce({ builder: 'exec:node', dir, env, letGo, configs: [{}, {}] });
    expect(said).toBe(`the same packages are being installed by process ${process.pid}: waiting for it`);
    expect(printed).toEqual(['here', 'here']);
  });
});

describeWith('rust', 'a Rust build that waits for another', () => {
  test('says that the Cargo target folder is in use', { timeout: 120_000 }, async () => {
    const dir = await folderWith({
      'Cargo.toml': '[package]\nname = "p"\nversion = "0.1.0"\nedition = "2021"\n',
      'Cargo.lock': 'version = 3\n\n[[package]]\nname = "p"\nversion = "0.1.0"\n',
      'src/bin/one.rs': 'fn main() { println!("one"); }\n',
      'src/bin/two.rs': 'fn main() { println!("two"); }\n',
    });
    const { env, letGo } = await pathWith('cargo', '[ "$1" = build ] && wait_for_go; exec "$REAL" "$@"');
    const configs = [{ bin: 'one' }, { bin: 'two' }] as const;
    const { said, printed } = await twoAtOnce({ builder: 'exec:rust', dir, env, letGo, configs });
    expect(said).toBe(
      `the Cargo target folder of this plan is in use by process ${process.pid}: waiting for it`,
    );
    expect(printed).toEqual(['one', 'two']);
  });
});
