import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tempDir } from './temp.ts';
import { toolchainEnv } from './toolchains.ts';

const source = fileURLToPath(new URL('../peer', import.meta.url));

/** A request to Go's text/template or to testground's own packages; test/peer/main.go explains each field. */
export interface PeerRequest {
  readonly template?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly data?: string;
  readonly dir?: string;
  readonly composition?: string;
  readonly manifest?: string;
}

/** Sends requests to the original implementations; each answer is an object with the result, or with `error`. */
export type AskPeer = (requests: readonly PeerRequest[]) => unknown[];

/** Builds the program that calls the original implementations. */
export async function buildPeer(): Promise<AskPeer> {
  const program = join(await tempDir(), 'peer');
  execFileSync('go', ['build', '-o', program, '.'], { cwd: source, env: goEnv() });
  return (requests) => {
    const input = requests.map((request) => `${JSON.stringify(request)}\n`).join('');
    const { stdout, stderr, status } = spawnSync(program, {
      input,
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
    });
    if (status !== 0) throw new Error(stderr);
    const lines = stdout.trimEnd().split('\n');
    return lines.map((line): unknown => JSON.parse(line));
  };
}

/** The folder of testground's sources among Go's modules. */
export function peerSources(): string {
  const args = ['list', '-m', '-f', '{{.Dir}}', 'github.com/testground/testground'];
  return execFileSync('go', args, { cwd: source, env: goEnv(), encoding: 'utf8' }).trim();
}

function goEnv(): NodeJS.ProcessEnv {
  return { ...process.env, ...toolchainEnv() };
}
