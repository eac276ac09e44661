import { spawnSync } from 'node:child_process';
import { describe } from 'vitest';

const required = (process.env['TG_TEST_REQUIRE'] ?? '').split(',');

/** Parts that some tests need beside Node, and how to see that they are there. */
const parts = {
  redis: () => spawnSync('redis-server', ['--version']).status === 0,
  /** util-linux's script, which runs a command on a terminal of its own. */
  script: () => process.platform === 'linux' && spawnSync('script', ['--version']).status === 0,
  influxd: () => spawnSync('influxd', ['version']).status === 0,
  go: () => spawnSync('go', ['version']).status === 0,
  /** Rust, and a mount namespace, in which the crate finds the sync service. */
  rust: () =>
    process.platform === 'linux' &&
    spawnSync('cargo', ['--version']).status === 0 &&
    [['-m'], ['-Um', '--map-current-user', '--keep-caps']].some(
      (way) => spawnSync('unshare', [...way, 'true']).status === 0,
    ),
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
