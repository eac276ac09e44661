import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromiumPath } from './chromium.ts';

/** The library that makes a program see another time; undefined where there is none. */
export function fakeTimeLibrary(): string | undefined {
  const places = readdirIfThere('/usr/lib').map((name) => `/usr/lib/${name}/faketime/libfaketimeMT.so.1`);
  return places.find((place) => existsSync(place));
}

function readdirIfThere(dir: string): string[] {
  return existsSync(dir) ? readdirSync(dir) : [];
}

/**
 * The arguments with which `unshare` gives a namespace here in which something can be mounted; undefined where it does not.
 * Root may be forbidden to (a container without CAP_SYS_ADMIN), and others be allowed to: it is tried.
 */
export function namespaceWay(): readonly string[] | undefined {
  const ways = [['-m'], ['-Um', '--map-current-user', '--keep-caps']];
  return ways.find((way) => works('unshare', ...way, 'mount', '--bind', '/dev/null', '/etc/hosts'));
}

/** The arguments with which `unshare` gives a PID namespace with a /proc of its own here; undefined where it does not. */
export function pidNamespaceWay(): readonly string[] | undefined {
  const ways = [
    ['-pf', '--mount-proc', '--kill-child'],
    ['-Urpf', '--mount-proc', '--kill-child'],
  ];
  return ways.find((way) => works('unshare', ...way, 'true'));
}

function works(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args).status === 0;
}

/** A user, and a group, without an entry in the databases of users and groups. */
export const unknownId = 54_321;

/** The arguments with which root has `setpriv` run a program as that user. */
export const anotherUser = [`--reuid=${unknownId}`, `--regid=${unknownId}`, '--clear-groups'];

const isLinux = process.platform === 'linux';
const isRoot = process.getuid?.() === 0;

/** Something that some tests need beside Node. Each is a tag: tests that have it are skipped where it is not there. */
export interface Part {
  readonly what: string;
  readonly there: () => boolean;
}

/** All that any test needs beside Node and what `npm ci` brings. */
export const parts = {
  linux: { what: 'Linux', there: () => isLinux },
  root: { what: 'to be root', there: () => isRoot },
  setpriv: {
    what: 'setpriv of util-linux, and a clone that every user can read',
    there: () => !isRoot || works('setpriv', ...anotherUser, 'test', '-r', import.meta.filename),
  },
  userNamespace: {
    what: 'a user namespace (unshare -U)',
    there: () => isLinux && works('unshare', '-U', '--map-current-user', 'true'),
  },
  namespace: {
    what: 'a mount namespace (unshare -m)',
    there: () => isLinux && namespaceWay() !== undefined,
  },
  pidNamespace: {
    what: 'a PID namespace (unshare -p)',
    there: () => isLinux && pidNamespaceWay() !== undefined,
  },
  script: { what: 'script of util-linux', there: () => isLinux && works('script', '--version') },
  tmux: { what: 'tmux', there: () => works('tmux', '-V') },
  git: { what: 'Git', there: () => works('git', '--version') },
  cc: { what: 'a C compiler (cc)', there: () => works('cc', '--version') },
  pkgConfig: { what: 'pkg-config', there: () => works('pkg-config', '--version') },
  go: { what: 'Go', there: () => works('go', 'version') },
  oldGo: { what: 'Go 1.15.15 (GOTOOLCHAIN=go1.15.15 go version fetches it)', there: hasOldGo },
  rust: {
    what: 'Cargo, and a mount namespace',
    there: () => isLinux && works('cargo', '--version') && namespaceWay() !== undefined,
  },
  rustup: { what: 'rustup', there: () => works('rustup', '--version') },
  python3: {
    what: 'Python with tarfile.data_filter',
    there: () => works('python3', '-c', 'import tarfile; tarfile.data_filter'),
  },
  // It comes from PyPI: where it is, so are other packages.
  uv: {
    what: 'uv, and Python with ensurepip',
    there: () => works('uv', '--version') && works('python3', '-c', 'import ensurepip'),
  },
  redis: { what: 'redis-server', there: () => works('redis-server', '--version') },
  openssl: {
    what: 'openssl, and redis-server',
    there: () => works('openssl', 'version') && works('redis-server', '--version'),
  },
  influxd: { what: 'influxd of InfluxDB 1', there: () => works('influxd', 'version') },
  faketime: { what: 'libfaketime', there: () => fakeTimeLibrary() !== undefined },
  chromium: { what: 'Chromium', there: () => chromiumPath !== undefined },
} as const satisfies Readonly<Record<string, Part>>;

export type PartName = keyof typeof parts;

/** The first Go that is fetched as a module; to fetch it takes minutes where it cannot be. */
function hasOldGo(): boolean {
  const { stdout, status } = spawnSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' });
  const toolchains = join(status === 0 ? stdout.trim() : '', 'golang.org');
  return readdirIfThere(toolchains).some((name) => name.startsWith('toolchain@v0.0.1-go1.15.15.'));
}

/**
 * Whether a part must be there, by TG_TEST_REQUIRE: what needs it is not skipped, and fails where it is missing.
 * @param required names with commas between, or `all`, perhaps without some: `all,-rustup`.
 */
export function isRequired(name: string, required = process.env['TG_TEST_REQUIRE'] ?? ''): boolean {
  const words = required.split(',');
  return words.includes(name) || (words.includes('all') && !words.includes(`-${name}`));
}
