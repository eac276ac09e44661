import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromiumPath } from './chromium.ts';

/** The library that makes a program see a different time; undefined if it is not installed. */
export function fakeTimeLibrary(): string | undefined {
  const places = readdirIfThere('/usr/lib').map((name) => `/usr/lib/${name}/faketime/libfaketimeMT.so.1`);
  return places.find((place) => existsSync(place));
}

function readdirIfThere(dir: string): string[] {
  return existsSync(dir) ? readdirSync(dir) : [];
}

/**
 * The arguments with which `unshare` creates a namespace on this machine in which mounts are possible; undefined if it
 * cannot. Tried out, because root may be forbidden to do so (a container without CAP_SYS_ADMIN), and others allowed.
 */
export function namespaceWay(): readonly string[] | undefined {
  const ways = [['-m'], ['-Um', '--map-current-user', '--keep-caps']];
  return ways.find((way) => works('unshare', ...way, 'mount', '--bind', '/dev/null', '/etc/hosts'));
}

/**
 * The arguments with which `unshare` creates a PID namespace with its own /proc on this machine; undefined if it
 * cannot.
 */
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

/** Whether this machine lets a process make networks, as local:netns does. */
function networksWork(): boolean {
  const ways = [['-Urnmu'], ['-nmu']];
  return ways.some((way) => works('unshare', ...way, 'test', '-e', '/sys/class/net/lo'));
}

/** The ID of a user and of a group without entries in the databases of users and groups. */
export const unknownId = 54_321;

/** The arguments with which `setpriv`, run by root, starts a program as that user. */
export const anotherUser = [`--reuid=${unknownId}`, `--regid=${unknownId}`, '--clear-groups'];

const isLinux = process.platform === 'linux';
const isRoot = process.getuid?.() === 0;

/**
 * Something that some tests need in addition to Node. Its name is a tag: tests that have it are skipped if the part is
 * missing.
 */
export interface Part {
  readonly what: string;
  readonly there: () => boolean;
}

/** Everything that tests need in addition to Node and what `npm ci` installs. */
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
  networks: {
    what: 'networks of its own (unshare -n), and virtual network devices',
    there: () => isLinux && networksWork(),
  },
  netem: {
    what: 'a kernel with netem, and tc of iproute2',
    there: () => isLinux && works('unshare', '-rn', 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem'),
  },
  uplink: {
    what: 'to be root, slirp4netns, iproute2, and /dev/net/tun',
    there: () =>
      isRoot && works('slirp4netns', '--version') && works('ip', '-V') && existsSync('/dev/net/tun'),
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
  // It comes from PyPI: where it was installed, other packages can be, too.
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

/**
 * Whether Go 1.15.15, the first version that is available as a module, is in the module cache. It is not fetched here,
 * because an attempt takes minutes where it is impossible.
 */
function hasOldGo(): boolean {
  const { stdout, status } = spawnSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' });
  const toolchains = join(status === 0 ? stdout.trim() : '', 'golang.org');
  return readdirIfThere(toolchains).some((name) => name.startsWith('toolchain@v0.0.1-go1.15.15.'));
}

/**
 * Whether TG_TEST_REQUIRE requires a part: tests that need it are not skipped, and fail if it is missing.
 * @param required names separated by commas, or `all`, optionally with exceptions: `all,-rustup`.
 */
export function isRequired(name: string, required = process.env['TG_TEST_REQUIRE'] ?? ''): boolean {
  const words = required.split(',');
  return words.includes(name) || (words.includes('all') && !words.includes(`-${name}`));
}
