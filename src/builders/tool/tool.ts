import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf, messageOf, TgError } from '../../util/errors.ts';
import { formatSize } from '../../values/size.ts';
import { endMarked } from './build-mark.ts';
import { howToInstall } from './how-to-install.ts';
import { ShownToolOutput } from './shown-output.ts';
import { throwIfAborted } from './throw-if-aborted.ts';
import { maxDataBytes, ToolData, ToolLines } from './tool-output.ts';

/** How long, in ms, the pipes of an exited tool are read while another process holds them open. */
const drainMs = { group: 100, marked: 1_000 };

/** A tool to run, and the messages for its failure. */
export interface ToolRequest {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** The builder's ID, for the message about a missing tool. */
  readonly builder: string;
  /** The failed action and its place, the plan's folder, for messages. */
  readonly failure: string;
  readonly where: string;
  /** Returns advice to append to its output when it fails. */
  readonly advice?: (said: string) => string | undefined;
  /** The kind of its stdout: messages for people (default), data for tg, or both. */
  readonly stdout?: 'words' | 'data' | 'both';
  /** The file for its complete output, if it fails and the output is too long to show. */
  readonly log?: string;
  /** Called with each line as it arrives, for progress. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

interface ToolEnd {
  /** The error that kept it from starting. */
  readonly error?: Error;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * Runs a tool of a toolchain to its end. Its process group is killed when it exits, and immediately when the signal
 * aborts.
 * @returns the data on its stdout; empty if its stdout holds messages.
 * @throws TgError (build) with its output if it fails, (environment) if it is missing or the build is aborted.
 */
export async function runTool(request: ToolRequest): Promise<string> {
  const { program, args, cwd, env, signal, stdout = 'words', onLine } = request;
  throwIfAborted(signal);
  const child: ChildProcess = spawn(program, args, {
    cwd,
    env: withoutCompileCache(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  // Attached immediately: a failed start emits an error, and without file descriptors there are no pipes.
  const ending = endOf(child);
  using said = new ShownToolOutput(request.log);
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
  // Kills the remaining processes of its group, also on success.
  end();
  if (ended.error === undefined) await drain(child, closed, env);
  throwIfAborted(signal);
  if (data.isTooMuch)
    throw new TgError('build', `${program} printed more than ${formatSize(maxDataBytes)}`, {
      where: request.where,
      hint: 'tg reads this output as data. Check what that command prints in the plan’s folder.',
    });
  throwIfFailed(request, ended, said);
  return data.text;
}

function endOf(child: ChildProcess): Promise<ToolEnd> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error, code: null, signal: null }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

/** Reads the rest of a tool's output; a process outside of its group may hold the pipes open, and is killed. */
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

/** Node would keep the compile cache of npm or tsc in the temporary folder forever. */
function withoutCompileCache(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return env['NODE_COMPILE_CACHE'] ? env : { ...env, NODE_DISABLE_COMPILE_CACHE: '1' };
}

function throwIfFailed(request: ToolRequest, { error, code, signal }: ToolEnd, said: ShownToolOutput): void {
  const { program, builder, cwd, failure, where } = request;
  if (error !== undefined) {
    if (!existsSync(cwd))
      throw new TgError('build', `${failure}: the folder no longer exists`, {
        where: cwd,
        hint: 'Do not move or remove the plan while it is built.',
      });
    const isMissing = codeOf(error) === 'ENOENT' || codeOf(error) === 'EACCES';
    const why = isMissing ? '' : `: ${messageOf(error)}`;
    throw new TgError('environment', `${builder} needs ${program}, which cannot be started${why}`, {
      where,
      hint: isMissing ? howToInstall(program) : 'Try again when the machine has free resources.',
    });
  }
  if (code === 0) return;
  throw new TgError('build', `${failure} (${program}: ${signal ?? `status ${code}`})`, {
    where,
    hint: hintOf(said.ofFailure(), request),
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group has no processes.
  }
}

function hintOf(said: string, { advice }: ToolRequest): string {
  return [said, advice?.(said)].filter((text) => text?.trim()).join('\n') || 'It printed nothing.';
}
