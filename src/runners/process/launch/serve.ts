import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants } from 'node:fs';
import { createInterface } from 'node:readline';
import { statOf } from '../../../os/proc.ts';
import { openRegular } from '../../../outputs/untrusted-file.ts';
import { BatchedWriter } from '../../../util/batched-writer.ts';
import { messageOf } from '../../../util/errors.ts';
import { PipeWriter } from './pipe-writer.ts';
import { type Ask, lineOf, ping, type Reply, type Request, type Run } from './protocol.ts';

/** What a launcher does besides starting processes. */
export interface LauncherHooks {
  /** Starts a program in the place with this number. */
  readonly startIn: (place: number, start: () => ChildProcess) => ChildProcess;
  /** Resolves if what it needs besides itself answers, too. */
  readonly alive: () => Promise<void>;
  /** Carries out another request. @returns the answer. @throws Error with why not. */
  readonly answer: (request: Ask) => Promise<unknown>;
}

const post = new BatchedWriter(process.stdout);

function say(reply: Reply): void {
  post.write(lineOf(reply));
}

/** Tells tg that what the instances run on is lost. */
export function sayLost(why: string): void {
  say({ id: 0, say: 'lost', why });
}

function start(
  { id, command: [program, ...args], cwd, env, stdout, stderr, pipesIn, place }: Request,
  { pipeWriter, startIn }: LauncherHooks & { readonly pipeWriter: PipeWriter },
): void {
  const { out, err, flushed } = streams(pipeWriter, stdout, stderr, pipesIn);
  try {
    const spawned = () => spawn(program, args, { cwd, env, stdio: ['ignore', out, err], detached: true });
    const child = place === undefined ? spawned() : startIn(place, spawned);
    const { pid } = child;
    if (pid === undefined) {
      child.once('error', (error) => say({ id, say: 'failed', why: messageOf(error) }));
      return;
    }
    say({ id, say: 'started', process: { pid, startTicks: statOf(pid)?.startTicks } });
    child.once('exit', (code, signal) => say({ id, say: 'exited', exit: { code, signal } }));
    void flushed?.then((why) => say({ id, say: 'flushed', why }));
  } finally {
    closeSync(out);
    closeSync(err);
  }
}

/** tg has already created the files. */
const appending = constants.O_WRONLY | constants.O_APPEND;

/**
 * Opens stdout and stderr as files, or as pipes to files. If tg dies, no output is lost and no instance blocks on a
 * reader.
 */
function streams(pipeWriter: PipeWriter, out: string, err: string, pipesIn: string | undefined) {
  if (pipesIn === undefined) {
    const [first, second] = both(
      () => openRegular(out, appending),
      () => openRegular(err, appending),
      closeSync,
    );
    return { out: first, err: second, flushed: undefined };
  }
  const pipes = both(
    () => pipeWriter.pipeTo(out, pipesIn),
    () => pipeWriter.pipeTo(err, pipesIn),
    ({ writeEnd }) => closeSync(writeEnd),
  );
  const flushed = Promise.all(pipes.map((pipe) => pipe.flushed)).then((all) => all.find(Boolean));
  return { out: pipes[0].writeEnd, err: pipes[1].writeEnd, flushed };
}

/** Opens both, or neither. */
function both<T>(one: () => T, other: () => T, close: (first: T) => void): readonly [T, T] {
  const first = one();
  try {
    return [first, other()];
  } catch (error) {
    close(first);
    throw error;
  }
}

/**
 * Carries out what tg asks for on stdin until tg closes it or dies. The process ends when all output of instances is
 * written.
 * @param master the PID of its tg.
 */
export function serve(master: number, hooks: LauncherHooks): void {
  // If tg has ended, output is still copied to the end.
  process.stdout.on('error', () => {});
  const all = { ...hooks, pipeWriter: new PipeWriter() };
  createInterface({ input: process.stdin }).on('line', (line) => {
    // If tg has died, a new process would never be ended.
    if (process.ppid !== master) return;
    const said = JSON.parse(line) as Request | (Ask & { readonly id: number }) | Run;
    if ('runId' in said) {
      process.title = `tg-launcher ${said.runId}`;
      return;
    }
    const { id } = said;
    const failed = (error: unknown) => say({ id, say: 'failed', why: messageOf(error) });
    if ('ask' in said) {
      const asked = said.ask === ping.ask ? hooks.alive() : hooks.answer(said);
      asked.then((answer) => say({ id, say: 'answered', answer }), failed);
      return;
    }
    try {
      start(said, all);
    } catch (error) {
      failed(error);
    }
  });
}
