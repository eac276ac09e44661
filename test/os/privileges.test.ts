import { spawnSync } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { tempDir } from '../support/temp.ts';
import { root } from '../support/tg.ts';

let program = '';
beforeAll(async () => {
  const dir = await tempDir();
  await chmod(dir, 0o755);
  program = join(dir, 'program.mjs');
  const contents = `import { isBeyondLimits } from './src/os/privileges.ts'; console.log(isBeyondLimits());`;
  const stdin = { contents, resolveDir: root };
  await build({ stdin, outfile: program, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' });
});

const noCapabilities = ['--bounding-set=-all', '--inh-caps=-all'];
const ways: readonly (readonly [who: string, way: readonly string[], expected: string, needs: string])[] = [
  ['root without any capability', ['setpriv', ...noCapabilities], 'true', 'root'],
  [
    'root without CAP_SYS_ADMIN',
    ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin'],
    'true',
    'root',
  ],
  ['root of a user namespace', ['unshare', '-U', '--map-root-user'], 'false', 'userNamespace'],
  ['another user', ['setpriv', '--reuid=65534', '--clear-groups'], 'false', 'root'],
];

describe('isBeyondLimits decides by user and capabilities', {
  tags: ['linux'],
}, () => {
  for (const [who, way, expected, needs] of ways) {
    const [first = '', ...args] = way;
    test(`${who}: ${expected}`, { tags: [needs] }, () => {
      const { stdout } = spawnSync(first, [...args, process.execPath, program], { encoding: 'utf8' });
      expect(stdout).toBe(`${expected}\n`);
    });
  }
});
