import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where toolchains keep what they fetched and compiled: a machine with a home of its own would fetch all of it again.
 */
export function toolchainEnv(): Record<string, string> {
  const { HOME = homedir(), CARGO_HOME, RUSTUP_HOME } = process.env;
  return {
    ...goEnv(),
    CARGO_HOME: CARGO_HOME ?? join(HOME, '.cargo'),
    RUSTUP_HOME: RUSTUP_HOME ?? join(HOME, '.rustup'),
    npm_config_cache: join(HOME, '.npm'),
    // What compiles in half the time runs as well for a test.
    CARGO_PROFILE_RELEASE_OPT_LEVEL: '0',
  };
}

function goEnv(): Record<string, string> {
  try {
    return JSON.parse(
      execFileSync('go', ['env', '-json', 'GOMODCACHE', 'GOCACHE', 'GOPROXY', 'GOSUMDB', 'GOFLAGS'], {
        encoding: 'utf8',
      }),
    );
  } catch {
    // There is no Go: the tests that need it say so.
    return {};
  }
}
