import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tempDir } from './temp.ts';
import { toolchainEnv } from './toolchains.ts';

const source = fileURLToPath(new URL('../peer', import.meta.url));

/** What is asked of Go's text/template, or of testground's own packages; test/peer/main.go says what each means. */
export interface PeerRequest {
  readonly template?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly data?: string;
  readonly dir?: string;
  readonly composition?: string;
  readonly manifest?: string;
}

/** Asks the real ones; each answer is an object with what came out, or with `error`. */
export type AskPeer = (requests: readonly PeerRequest[]) => unknown[];

/** Builds the program that asks them. */
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
