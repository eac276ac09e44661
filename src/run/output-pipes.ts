import { execFile, spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { appendFile, type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { instanceFiles } from '../outputs/layout.ts';
import { within } from '../within.ts';
import { signalGroup } from './process-group.ts';

/** How long, in ms, what an instance left in its pipes may take to be written, before and after its leftovers are ended. */
const patience = { first: 250, last: 5_000 };

/**
 * stdout and stderr of an instance as pipes that two `cat` carry to the captured files: a program that opens /dev/stdout
 * anew empties a file, and cannot empty a pipe. The carriers are nobody's children of the instance and outlive tg: what was
 * said is written down, whatever ends.
 */
export interface OutputPipes extends AsyncDisposable {
  readonly out: number;
  readonly err: number;
  /** To be called once the instance holds them, or never will. */
  handOver(): Promise<void>;
  /**
   * Waits until all is written, which is when the last who holds a pipe has gone.
   * @param endHolders ends those who were left behind and hold one.
   * @returns what went wrong with the output, if anything did.
   */
  finish(endHolders: () => Promise<unknown>): Promise<string | undefined>;
}

/** Ends with a status other than 0 where one of the two could not write all. */
const carry = 'cat <"$1" >>"$2" & a=$!; cat <"$3" >>"$4" & b=$!; wait $a; x=$?; wait $b && exit $x';
const run = promisify(execFile);

/** @param dir a folder for the pipes. */
export async function openPipes(dir: string, outputs: string): Promise<OutputPipes> {
  const [out, err] = [join(dir, 'stdout'), join(dir, 'stderr')];
  await run('mkfifo', [out, err]);
  const files = [join(outputs, instanceFiles.capturedOut), join(outputs, instanceFiles.capturedErr)] as const;
  // Whoever follows them may come before the carriers do.
  for (const file of files) await appendFile(file, '');
  const words = ['-c', carry, 'sh', out, files[0], err, files[1]];
  // Nothing of the instance's environment: they are not of those who are ended with it.
  const env = { PATH: process.env['PATH'] };
  const carrier = spawn('/bin/sh', words, { detached: true, stdio: 'ignore', env });
  const gone = new Promise<string | undefined>((resolve) => {
    carrier.once('exit', (code, signal) => resolve(code === 0 ? undefined : (signal ?? `status ${code}`)));
    carrier.once('error', (error) => resolve(error.message));
  });
  /** How the carriers ended; undefined where they have not in that time. */
  const endWithin = (ms: number) =>
    within(ms, undefined, () => gone).then(
      (why) => ({ why }),
      () => undefined,
    );
  const handles = await openWhenRead([out, err], gone);
  const close = async () => {
    for (const handle of handles.splice(0)) await handle.close();
  };
  const [outHandle, errHandle] = handles;
  if (outHandle === undefined || errHandle === undefined) throw new Error('there are two pipes');
  return {
    out: outHandle.fd,
    err: errHandle.fd,
    handOver: close,
    async finish(endHolders) {
      let end = await endWithin(patience.first);
      if (end === undefined) {
        await endHolders();
        end = await endWithin(patience.last);
      }
      if (end === undefined) return 'its pipes were held, and what was in them may be lost';
      return end.why === undefined ? undefined : `it could not be written down (${end.why})`;
    },
    async [Symbol.asyncDispose]() {
      await close();
      const end = await endWithin(patience.first);
      if (end === undefined && carrier.pid !== undefined) signalGroup(carrier.pid, 'SIGKILL');
    },
  };
}

/** A pipe opens for writing once somebody reads it; if nobody ever will, the open ones are let go. */
async function openWhenRead(pipes: readonly string[], gone: Promise<unknown>): Promise<FileHandle[]> {
  const opening = Promise.all(pipes.map((pipe) => open(pipe, 'w')));
  const failed = gone.then(() => 'gone' as const);
  const first = await Promise.race([opening, failed]);
  if (first !== 'gone') return first;
  // Reader and writer in one: whoever waits in open() goes on.
  const both = pipes.map((pipe) => openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK));
  for (const handle of await opening) await handle.close();
  for (const fd of both) closeSync(fd);
  throw new Error('the pipes for its output have no reader');
}
