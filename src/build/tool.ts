import { TgError } from '../errors.ts';

/** So many characters of what a tool says are shown. */
const shownCharacters = 16 * 1024;

/** A tool to be run, and what to say when it fails. */
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
  readonly advice?: (said: string) => string | undefined;
  /** Whether its stdout is for tg alone, and no words. */
  readonly stdoutIsData?: boolean;
}

/**
 * Runs a tool of a toolchain to its end; its process group goes with the signal.
 * @returns its stdout.
 * @throws TgError (build) with its own words when it fails, (environment) when it is not there.
 */
export async function runTool(request: ToolRequest): Promise<string> {
  const { program, args, cwd, env, signal } = request;
  if (signal.aborted) throw givenUp(signal);
  // Where the artifact is there already, no tool is started.
  const { execa } = await import('execa');
  const child = execa(program, args, {
    cwd,
    env: withoutCompileCache(env),
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
    const { failed, code, stdout, stderr, all, exitCode, signal: killedBy } = await child;
    if (!failed) return stdout;
    if (signal.aborted) throw givenUp(signal);
    if (code === 'ENOENT' || code === 'EACCES') throw missing(request);
    const how = killedBy === undefined ? `status ${exitCode}` : `${killedBy}`;
    throw new TgError('build', `${request.failure} (${program}: ${how})`, {
      where: request.where,
      hint: wordsOf(request.stdoutIsData ? stderr : all, request),
    });
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** Node would keep what it compiled of npm or tsc in the folder for temporary files, for ever. */
function withoutCompileCache(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return env['NODE_COMPILE_CACHE'] ? env : { ...env, NODE_DISABLE_COMPILE_CACHE: '1' };
}

function givenUp({ reason }: AbortSignal): TgError {
  return new TgError('environment', `ended while it was built: ${reason}`);
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

function wordsOf(said: string, { advice }: ToolRequest): string {
  return [shorten(said), advice?.(said)].filter((text) => text?.trim()).join('\n') || 'It said nothing.';
}

/** The end is where compilers say how many errors there were, the beginning is where the first one is. */
function shorten(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length <= shownCharacters) return trimmed;
  const half = shownCharacters / 2;
  return `${trimmed.slice(0, half)}\n…\n${trimmed.slice(-half)}`;
}
