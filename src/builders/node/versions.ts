import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { rcompare, valid } from 'semver';
import { isPlainFile } from '../plain-file.ts';

/** A Node installed by a version manager. */
export interface InstalledNode {
  readonly program: string;
  /** For instance `v20.1.0`. */
  readonly version: string;
}

/** The folders of version managers, with one subfolder per version, and the path of the program in it. */
function places(env: NodeJS.ProcessEnv): readonly (readonly [folder: string, program: string])[] {
  const home = env['HOME'] ?? homedir();
  const data = env['XDG_DATA_HOME'] ?? join(home, '.local', 'share');
  const bin = join('bin', 'node');
  const fnm = join('installation', bin);
  return [
    [join(env['NVM_DIR'] ?? join(home, '.nvm'), 'versions', 'node'), bin],
    [join(env['FNM_DIR'] ?? join(data, 'fnm'), 'node-versions'), fnm],
    [join(home, '.fnm', 'node-versions'), fnm],
    [join(home, 'Library', 'Application Support', 'fnm', 'node-versions'), fnm],
    [join(env['VOLTA_HOME'] ?? join(home, '.volta'), 'tools', 'image', 'node'), bin],
    [join(env['N_PREFIX'] ?? join(home, 'n'), 'n', 'versions', 'node'), bin],
    [join('/usr/local', 'n', 'versions', 'node'), bin],
    [join(env['ASDF_DATA_DIR'] ?? join(home, '.asdf'), 'installs', 'nodejs'), bin],
    [join(env['MISE_DATA_DIR'] ?? join(data, 'mise'), 'installs', 'node'), bin],
    [join(env['NODENV_ROOT'] ?? join(home, '.nodenv'), 'versions'), bin],
  ];
}

/** The Nodes installed by version managers, newest first. */
export async function otherNodes(env: NodeJS.ProcessEnv): Promise<InstalledNode[]> {
  const found: InstalledNode[] = [];
  for (const [folder, program] of places(env)) {
    for (const name of await readdir(folder).catch(() => [])) {
      const version = valid(name);
      const path = join(folder, name, program);
      if (version !== null && isPlainFile(path)) found.push({ program: path, version: `v${version}` });
    }
  }
  return found.sort((a, b) => rcompare(a.version, b.version));
}
