import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { tempDir } from '../support/temp.ts';
import { root } from '../support/tg.ts';

const script = `
import { openSync } from 'node:fs';
import { runTool } from './tool.mjs';
const { stdout } = process;
try { for (;;) openSync('/dev/null'); } catch {}
const tool = { program: 'true', args: [], cwd: '/', env: process.env, signal: new AbortController().signal };
await runTool({ ...tool, builder: 'exec:node', failure: 'it failed', where: '/' }).catch((error) =>
  stdout.write(error.kind + ': ' + error.message),
);`;

test('a tool that cannot start because too many files are open is an environment error', async () => {
  const dir = await tempDir();
  const outfile = join(dir, 'tool.mjs');
  const entryPoints = [join(root, 'src', 'builders', 'tool', 'tool.ts')];
  await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20' });
  await writeFile(join(dir, 'main.mjs'), script);
  const args = ['--nofile=64:64', process.execPath, join(dir, 'main.mjs')];
  const { stdout } = await execa('prlimit', args, { reject: false });
  expect(stdout).toMatch(/^environment: exec:node needs true, which cannot be started: spawn true EMFILE$/);
});
