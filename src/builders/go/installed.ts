import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { compareGo, type GoVersion, goVersionIn, isMeant } from './version.ts';

/** A possible Go installation: its command, and the environment it requires. */
export interface InstalledGo {
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Possible installations of a Go version besides the one on PATH, newest first: `go1.16.15` on PATH,
 * ~/sdk/go1.16.15 of golang.org/dl, /usr/local/go1.16, /usr/lib/go-1.16 of Debian.
 */
export async function installedGos(env: NodeJS.ProcessEnv, meant: GoVersion): Promise<InstalledGo[]> {
  const commands = await versionsIn((env['PATH'] ?? '').split(delimiter), meant, (place) => place);
  const sdk = join(env['HOME'] || homedir(), 'sdk');
  const roots = await versionsIn([sdk, '/usr/local', '/usr/lib', '/opt'], meant, (place) =>
    join(place, 'bin', 'go'),
  );
  // GOROOT in the environment belongs to the Go on PATH.
  return [...roots, ...commands].map((program) => ({
    program,
    env: { GOROOT: undefined, GOTOOLCHAIN: 'local' },
  }));
}

async function versionsIn(
  folders: readonly string[],
  meant: GoVersion,
  programOf: (place: string) => string,
): Promise<string[]> {
  const found: { readonly version: GoVersion; readonly program: string }[] = [];
  for (const folder of folders.filter((each) => each !== '')) {
    for (const name of await readdir(folder).catch(() => [])) {
      const version = goVersionIn(/^go-?(1\.\d.*)$/.exec(name)?.[1]);
      if (version === undefined || !mayBe(version, meant)) continue;
      found.push({ version, program: programOf(join(folder, name)) });
    }
  }
  return found.sort((a, b) => compareGo(b.version, a.version)).map(({ program }) => program);
}

/** A name without a patch version may be any patch. */
function mayBe(named: GoVersion, meant: GoVersion): boolean {
  return isMeant(named, meant) || (named.patch === undefined && named.minor === meant.minor);
}

/** The Go releases in the module cache, downloaded earlier. @param platform for instance `linux-amd64`. */
export async function releasesInCache(moduleCache: string, platform: string): Promise<GoVersion[]> {
  const names = await readdir(join(moduleCache, 'golang.org')).catch(() => []);
  return names
    .filter((name) => name.startsWith('toolchain@v0.0.1-') && name.endsWith(`.${platform}`))
    .map((name) => goVersionIn(name.slice('toolchain@v0.0.1-'.length, -`.${platform}`.length)))
    .filter((version) => version !== undefined);
}
