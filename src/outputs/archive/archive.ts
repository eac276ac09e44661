import { createWriteStream } from 'node:fs';
import { basename } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Pack } from 'tar';
import { intoPartial, replaceAtomically, whereItLeads } from '../../os/atomic-write.ts';
import { openPipe } from '../../os/named-pipe.ts';
import { asTyped } from '../../util/command-name.ts';
import { messageOf, TgError } from '../../util/errors.ts';
import type { LeftOut } from './entries.ts';
import { fillArchive, type PackOptions } from './pack.ts';
import { ParallelGzip } from './parallel-gzip.ts';

/**
 * Packs a run's outputs into `file`, atomically: it is written under a temporary name in the same folder and renamed. A
 * link keeps its target; a pipe or a device is written in place. Streams the data: memory does not grow with the run.
 * @returns the entries that were left out.
 * @throws TgError (collect) when it cannot be written, or the signal aborts.
 */
export async function packToFile(
  runDir: string,
  file: string,
  options: PackOptions,
): Promise<readonly LeftOut[]> {
  const { signal } = options;
  const { target, there } = await whereItLeads(file);
  if (there !== undefined && !there.isFile() && !there.isDirectory()) {
    const stream = there.isFIFO()
      ? await pipeAt(target, options.waiting ?? signal)
      : createWriteStream(target);
    return await packToStream(runDir, stream, target, options);
  }
  return await replaceAtomically(target, async (partial) => {
    const destination = createWriteStream(partial, { flags: intoPartial });
    return await packToStream(runDir, destination, target, options);
  }).catch((error: unknown) => {
    throw error instanceof TgError ? error : cannotWrite(runDir, target, error);
  });
}

async function pipeAt(path: string, signal: AbortSignal): Promise<Writable> {
  return await openPipe(path, signal).catch((cause: unknown) => {
    const why = signal.aborted ? 'interrupted: no process reads that pipe' : messageOf(cause);
    throw new TgError('collect', `cannot write the archive: ${why}`, {
      where: path,
      hint: 'Start its reader first, or name a file.',
      cause,
    });
  });
}

/**
 * Packs a run's outputs, as `<run id>/…` in a gzipped tar, into a stream, and ends the stream.
 * @param where a description of the stream, for messages.
 * @returns the entries that were left out.
 * @throws TgError (collect) when it cannot be written.
 */
export async function packToStream(
  runDir: string,
  destination: Writable,
  where: string,
  options: PackOptions,
): Promise<readonly LeftOut[]> {
  const leftOut: LeftOut[] = [];
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const pack = new Pack({ portable: true });
  const filled = fillArchive(pack, runDir, { ...options, signal }, (what) => leftOut.push(what));
  const written = pipeline(pack, new ParallelGzip(), destination, { signal });
  try {
    // The first failure is the cause: it ends the other side.
    await Promise.all([filled, written]);
    return leftOut;
  } catch (error) {
    stop.abort();
    await Promise.allSettled([filled, written]);
    throw cannotWrite(runDir, where, options.signal.aborted ? new Error('interrupted') : error);
  }
}

function cannotWrite(runDir: string, where: string, cause: unknown): TgError {
  return new TgError('collect', `cannot write the archive: ${messageOf(cause)}`, {
    where,
    hint: `The outputs are kept in ${runDir}; collect them again with ${asTyped(`collect ${basename(runDir)}`)}.`,
    cause,
  });
}
