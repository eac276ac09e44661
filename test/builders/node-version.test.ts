import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildHere, printedBy } from '../support/build-in-process.ts';
import { repositoryWith } from '../support/node-plans.ts';
import { tempDir } from '../support/temp.ts';

/** A home whose version managers have Nodes at these places: each prints its place and runs the Node of this test. */
async function homeWith(...places: readonly string[]): Promise<string> {
  const home = await tempDir();
  for (const place of places) {
    const file = join(home, place, 'bin', 'node');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `#!/bin/sh\necho "${place}"\nexec "${process.execPath}" "$@"\n`);
    await chmod(file, 0o755);
  }
  return home;
}

async function runWith(files: Readonly<Record<string, string>>, HOME: string) {
  const { plan, home } = await repositoryWith({ 'plan/index.js': "console.log('ran');", ...files });
  const words: string[] = [];
  const env = { HOME, PATH: process.env['PATH'] };
  const artifact = await buildHere({
    builder: 'exec:node',
    dir: plan,
    home,
    env,
    more: { warn: (text) => words.push(text), report: (text) => words.push(text) },
  });
  return { printed: await printedBy(artifact), words, plan };
}

const major = Number.parseInt(process.versions.node, 10);

describe('the Node that a plan requests', () => {
  test.each([
    ['engines', { 'plan/package.json': `{"engines":{"node":">=${major}"}}` }],
    ['.nvmrc', { 'plan/.nvmrc': `v${process.versions.node}\n` }],
    ['.nvmrc that names no version', { 'plan/.nvmrc': 'node' }],
    ['no valid version', { 'plan/package.json': '{"engines":{"node":"whatever"},"volta":{"node":7}}' }],
  ])('causes no message if the Node that runs tg satisfies it: %s', async (_, files) => {
    expect(await runWith(files, await homeWith('.nvm/versions/node/v97.0.0'))).toMatchObject({
      printed: 'ran',
      words: [],
    });
  });

  test.each([
    [
      '.nvm/versions/node/v97.1.0',
      { 'plan/.nvmrc': '\uFEFF97 # why\r\n' },
      /^\S+\/plan\/\.nvmrc asks for Node 97: v97\.1\.0 is used, \S+\/bin\/node$/,
    ],
    [
      '.volta/tools/image/node/97.1.0',
      { 'plan/package.json': '{"volta":{"node":"97.1.0"}}' },
      /package\.json \(volta\.node\) asks for Node 97\.1\.0: v97\.1\.0 is used/,
    ],
    [
      '.asdf/installs/nodejs/97.1.0',
      { 'plan/package.json': '{"engines":{"node":"^97 || ^98"}}' },
      /\(engines\.node\) asks for Node \^97 \|\| \^98: v97/,
    ],
    [
      'n/n/versions/node/97.1.0',
      { '.git/HEAD': '', '.node-version': '97.1.0' },
      /^\S+[^n]\/\.node-version asks for Node 97\.1\.0: v97/,
    ],
    [
      '.local/share/mise/installs/node/97.1.0',
      {
        'plan/package.json':
          '{"devEngines":{"runtime":[{"name":"bun","version":"1"},{"name":"node","version":">90"}]}}',
      },
      /\(devEngines\.runtime\) asks for Node >90: v97/,
    ],
  ])('is found in a version manager, reported, and runs the plan: %s', async (place, files, words) => {
    const { printed, words: said } = await runWith(
      files,
      await homeWith('.nvm/versions/node/v18.0.0', place),
    );
    expect([printed, said]).toEqual([`${place}\nran`, [expect.stringMatching(words)]]);
  });

  test('is reported as missing if no version manager has it, and the current Node runs the plan', async () => {
    const { printed, words, plan } = await runWith({ 'plan/.nvmrc': 'lts/argon' }, await homeWith());
    expect(printed).toBe('ran');
    expect(words).toEqual([
      `${join(plan, '.nvmrc')} asks for Node lts/argon: ${process.version} is used, since no version manager (nvm, fnm, Volta, n, asdf, mise) has one that matches`,
    ]);
  });

  test('is what a start script finds as `node`', async () => {
    const place = '.nvm/versions/node/v97.0.0';
    const files = {
      'plan/package.json': '{"scripts":{"start":"true && node index.js"}}',
      'plan/.nvmrc': '97',
    };
    expect((await runWith(files, await homeWith(place))).printed).toBe(`${place}\nran`);
  });
});
