import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf, messageOf, TgError } from '../../util/errors.ts';
import { endMarked } from './build-mark.ts';
import { throwIfGivenUp } from './give-up.ts';
import { howToInstall } from './how-to-install.ts';
import { ToolData, ToolLines } from './tool-output.ts';
import { SaidByTool } from './tool-words.ts';

/** How long, in ms, the pipes of a tool that has ended are read when another process holds them open. */
const drainMs = { group: 100, marked: 1_000 };

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
  /** What its stdout holds: words for people (where nothing is said), data for tg, or data that people may read. */
  readonly stdout?: 'words' | 'data' | 'both';
  /** Where all that it says is kept if it fails and says more than is shown. */
  readonly log?: string;
  /** Is given each line that it writes, as it comes: it may say what is in work. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

interface ToolEnd {
  /** Why it could not be started. */
  readonly error?: Error;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * Runs a tool of a toolchain to its end. Its process group ends with it, and at once when the signal aborts.
 * @returns the data on its stdout; empty where its stdout holds words.
 * @throws TgError (build) with its own words when it fails, (environment) when it is not there or the build is given up.
 */
export async function runTool(request: ToolRequest): Promise<string> {
  const { program, args, cwd, env, signal, stdout = 'words', onLine } = request;
  throwIfGivenUp(signal);
  const child: ChildProcess = spawn(program, args, {
    cwd,
    env: withoutCompileCache(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  // At once: one that could not be started says so, and where there are no more files it has no pipes.
  const ending = endOf(child);
  using said = new SaidByTool(request.log);
  const data = new ToolData();
  child.stdout?.on('data', (chunk: Buffer) => {
    if (stdout !== 'data') said.add(chunk, 'stdout');
    if (stdout !== 'words' && !data.add(chunk)) endGroup(child.pid);
  });
  child.stderr?.on('data', (chunk: Buffer) => said.add(chunk, 'stderr'));
  if (onLine !== undefined) {
    for (const stream of ['stdout', 'stderr'] as const) {
      const lines = new ToolLines((line) => onLine(line, stream));
      child[stream]?.on('data', (chunk: Buffer) => lines.add(chunk));
    }
  }
  const closed = once(child, 'close').then(
    () => true,
    () => true,
  );
  const end = () => endGroup(child.pid);
  signal.addEventListener('abort', end);
  const ended = await ending;
  signal.removeEventListener('abort', end);
  // What it has left in its group goes with it, also when it succeeds.
  end();
  if (ended.error === undefined) await drain(child, closed, env);
  throwIfGivenUp(signal);
  if (data.isTooMuch) throw new TgError('build', `${program} wrote too much`, { where: request.where });
  throwIfFailed(request, ended, said);
  return data.text;
}

function endOf(child: ChildProcess): Promise<ToolEnd> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error, code: null, signal: null }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

/** Reads what a tool has said to the end; a process that left its group may hold its pipes open, and is killed. */
async function drain(child: ChildProcess, closed: Promise<boolean>, env: NodeJS.ProcessEnv): Promise<void> {
  if (await within(closed, drainMs.group)) return;
  await endMarked(env);
  if (await within(closed, drainMs.marked)) return;
  child.stdout?.destroy();
  child.stderr?.destroy();
}

async function within(closed: Promise<boolean>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([closed, delay(ms, false, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}

/** Node would keep what it compiled of npm or tsc in the folder for temporary files, for ever. */
function withoutCompileCache(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return env['NODE_COMPILE_CACHE'] ? env : { ...env, NODE_DISABLE_COMPILE_CACHE: '1' };
}

function throwIfFailed(request: ToolRequest, { error, code, signal }: ToolEnd, said: SaidByTool): void {
  const { program, builder, cwd, failure, where } = request;
  if (error !== undefined) {
    if (!existsSync(cwd)) throw new TgError('build', `${failure}: the folder is gone`, { where: cwd });
    const isMissing = codeOf(error) === 'ENOENT' || codeOf(error) === 'EACCES';
    const why = isMissing ? '' : `: ${messageOf(error)}`;
    throw new TgError('environment', `${builder} needs ${program}, which cannot be started${why}`, {
      where,
      hint: isMissing ? howToInstall(program) : 'Try again when the machine has room.',
    });
  }
  if (code === 0) return;
  throw new TgError('build', `${failure} (${program}: ${signal ?? `status ${code}`})`, {
    where,
    hint: wordsOf(said.ofFailure(), request),
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

function wordsOf(said: string, { advice }: ToolRequest): string {
  return [said, advice?.(said)].filter((text) => text?.trim()).join('\n') || 'It said nothing.';
}
