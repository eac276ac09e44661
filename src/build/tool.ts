import { execa } from 'execa';
import { TgError } from '../errors.ts';

/** So many characters of what a tool says are shown. */
const shownCharacters = 16 * 1024;

export interface ToolRequest {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Who needs it, for the message that it is missing: the builder's ID. */
  readonly builder: string;
  /** What did not work when it fails, and where: the plan's folder. */
  readonly failure: string;
  readonly where: string;
  /** Added to its words when it fails. */
  readonly advice?: string;
}

/**
 * Runs a tool of a toolchain to its end; its process group goes with the signal.
 * @returns its stdout.
 * @throws TgError (build) with its own words when it fails, (environment) when it is not there.
 */
export async function runTool(request: ToolRequest): Promise<string> {
  const { program, args, cwd, env, signal } = request;
  signal.throwIfAborted();
  const child = execa(program, args, {
    cwd,
    env,
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    reject: false,
    detached: true,
    stripFinalNewline: false,
    maxBuffer: 256 * 1024 * 1024,
  });
  const end = () => endGroup(child.pid);
  signal.addEventListener('abort', end);
  try {
    const { failed, code, stdout, all, exitCode, signal: killedBy } = await child;
    if (!failed) return stdout;
    if (signal.aborted) throw new TgError('environment', `ended while it was built: ${signal.reason}`);
    if (code === 'ENOENT' || code === 'EACCES') throw missing(request);
    const how = killedBy === undefined ? `status ${exitCode}` : `${killedBy}`;
    throw new TgError('build', `${request.failure} (${program}: ${how})`, {
      where: request.where,
      hint: [shorten(all), request.advice].filter((text) => text?.trim()).join('\n') || 'It said nothing.',
    });
  } finally {
    signal.removeEventListener('abort', end);
  }
}

function missing({ program, builder, cwd }: ToolRequest): TgError {
  return new TgError('environment', `${builder} needs ${program}, which cannot be started`, {
    where: cwd,
    hint: `Install ${program}, or put it on PATH.`,
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** The end is where compilers say how many errors there were, the beginning is where the first one is. */
function shorten(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length <= shownCharacters) return trimmed;
  const half = shownCharacters / 2;
  return `${trimmed.slice(0, half)}\n…\n${trimmed.slice(-half)}`;
}
