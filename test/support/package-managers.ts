import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tempDir } from './temp.ts';
import { root } from './tg.ts';

/** The package managers that the tests use, installed as packages of this repository. */
const programs = {
  pnpm: ['pnpm', 'pnpm/bin/pnpm.cjs'],
  'yarn 1': ['yarn', 'yarn/bin/yarn.js'],
  'yarn 4': ['yarn', '@yarnpkg/cli-dist/bin/yarn.js'],
} as const;

export type ManagerName = keyof typeof programs;

/** The environment of a user with npm, the named package managers, and a home of their own. */
export async function managersEnv(...names: readonly ManagerName[]): Promise<NodeJS.ProcessEnv> {
  const home = await tempDir();
  const bin = join(home, 'bin');
  await mkdir(bin);
  for (const name of names) {
    const [program, file] = programs[name];
    await symlink(join(root, 'node_modules', file), join(bin, program));
  }
  // Without the environment of the tests: npm passes its settings on to scripts.
  return {
    HOME: home,
    PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`,
    npm_config_offline: 'true',
  };
}
