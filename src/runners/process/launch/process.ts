import { spawn } from 'node:child_process';
import { closeSync, constants } from 'node:fs';
import { createInterface } from 'node:readline';
import { statOf } from '../../../os/proc.ts';
import { openRegular } from '../../../outputs/untrusted-file.ts';
import { BatchedWriter } from '../../../util/batched-writer.ts';
import { messageOf } from '../../../util/errors.ts';
import { PipeWriter } from './pipe-writer.ts';
import { lineOf, type Reply, type Request, type Run } from './protocol.ts';

// A launcher: starts processes for tg, whose memory is too large to fork a thousand times, and reports how they
// ended. It ends when tg closes its stdin or dies, and all output of instances is written.

// If tg has ended, output is still copied to the end.
process.stdout.on('error', () => {});

/** The PID of its tg. */
const master = Number(process.argv[2]);
const pipeWriter = new PipeWriter();

const post = new BatchedWriter(process.stdout);

function say(reply: Reply): void {
  post.write(lineOf(reply));
}

function start({ id, command: [program, ...args], cwd, env, stdout, stderr, pipesIn }: Request): void {
  const { out, err, flushed } = streams(stdout, stderr, pipesIn);
  try {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', out, err], detached: true });
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
function streams(out: string, err: string, pipesIn: string | undefined) {
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

createInterface({ input: process.stdin }).on('line', (line) => {
  // If tg has died, a new process would never be ended.
  if (process.ppid !== master) return;
  const said = JSON.parse(line) as Request | Run;
  if (!('id' in said)) {
    process.title = `tg-launcher ${said.runId}`;
    return;
  }
  try {
    start(said);
  } catch (error) {
    say({ id: said.id, say: 'failed', why: messageOf(error) });
  }
});
