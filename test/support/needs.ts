import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { describe } from 'vitest';
import { chromiumPath } from './browser.ts';

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
  const mount = ['mount', '--bind', '/dev/null', '/etc/hosts'];
  return ways.find((way) => spawnSync('unshare', [...way, ...mount]).status === 0);
}

/** The arguments with which `unshare` gives a PID namespace with a /proc of its own here; undefined where it does not. */
export function pidNamespaceWay(): readonly string[] | undefined {
  const ways = [
    ['-pf', '--mount-proc', '--kill-child'],
    ['-Urpf', '--mount-proc', '--kill-child'],
  ];
  return ways.find((way) => spawnSync('unshare', [...way, 'true']).status === 0);
}

const required = (process.env['TG_TEST_REQUIRE'] ?? '').split(',');

/** Parts that some tests need beside Node, and how to see that they are there. */
const parts = {
  redis: () => spawnSync('redis-server', ['--version']).status === 0,
  /** util-linux's script, which runs a command on a terminal of its own. */
  script: () => process.platform === 'linux' && spawnSync('script', ['--version']).status === 0,
  influxd: () => spawnSync('influxd', ['version']).status === 0,
  faketime: () => fakeTimeLibrary() !== undefined,
  chromium: () => chromiumPath !== undefined,
  tmux: () => spawnSync('tmux', ['-V']).status === 0,
  cc: () => spawnSync('cc', ['--version']).status === 0,
  /** A certificate, and a Redis to which it is given. */
  openssl: () =>
    spawnSync('openssl', ['version']).status === 0 && spawnSync('redis-server', ['--version']).status === 0,
  /** One whose tarfile refuses what leads out of an archive. */
  python3: () => spawnSync('python3', ['-c', 'import tarfile; tarfile.data_filter']).status === 0,
  /** Which comes from PyPI: where it is, so are other packages. */
  uv: () =>
    spawnSync('uv', ['--version']).status === 0 &&
    spawnSync('python3', ['-c', 'import ensurepip']).status === 0,
  go: () => spawnSync('go', ['version']).status === 0,
  /** A Go that can fetch an earlier one. */
  oldGo: () =>
    spawnSync('go', ['version'], {
      env: { ...process.env, GOTOOLCHAIN: 'go1.15.15', GOFLAGS: '-v=false' },
    }).status === 0,
  /** A mount namespace, in which a plan finds the sync service by its name. */
  namespace: () => process.platform === 'linux' && namespaceWay() !== undefined,
  /** Another PID namespace, as a container has. */
  pidNamespace: () => process.platform === 'linux' && pidNamespaceWay() !== undefined,
  /** rustup, with the Cargo that it is asked through. */
  rustup: () => spawnSync('rustup', ['--version']).status === 0,
  rust: () =>
    process.platform === 'linux' &&
    spawnSync('cargo', ['--version']).status === 0 &&
    namespaceWay() !== undefined,
} as const;

/**
 * A `describe` for tests that need a part. Where it is missing they are skipped with the reason, or fail where
 * TG_TEST_REQUIRE names it.
 */
export function describeWith(part: keyof typeof parts, title: string, tests: () => void): void {
  const there = parts[part]();
  if (there || required.includes(part)) describe(title, tests);
  else describe.skip(`${title} (skipped: there is no ${part} on this machine)`, tests);
}
