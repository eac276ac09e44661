import { constants, createWriteStream, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { basename } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pack } from 'tar';
import { codeOf, messageOf, TgError } from '../errors.ts';
import { asWhole, whereItLeads } from '../whole-file.ts';
import type { LeftOut } from './entries.ts';
import { fillArchive, type PackOptions } from './pack.ts';
import { ParallelGzip } from './parallel-gzip.ts';

/**
 * Packs a run's outputs into `file`: written under another name beside it and renamed, so that it appears complete
 * or not at all. A link keeps leading where it leads; what is no file, a pipe or a device, is written to as it is.
 * Streams; memory does not grow with the run.
 * @returns what was left out.
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
    const stream = there.isFIFO() ? await openPipe(target, signal) : createWriteStream(target);
    return await packToStream(runDir, stream, target, options);
  }
  return await asWhole(target, async (partial) => {
    const destination = createWriteStream(partial, { flags: 'wx' });
    return await packToStream(runDir, destination, target, options);
  }).catch((error: unknown) => {
    throw error instanceof TgError ? error : cannotWrite(runDir, target, error);
  });
}

/** How often, in ms, to see whether somebody reads a pipe. */
const readerEvery = 50;

/** Opens a pipe once somebody reads it. To wait inside open(2) would hold up even the end of tg. */
async function openPipe(path: string, signal: AbortSignal): Promise<Writable> {
  for (;;) {
    const fd = openForWriting(path, constants.O_WRONLY | constants.O_NONBLOCK);
    if (fd !== undefined) return new Socket({ fd, readable: false, writable: true });
    await sleep(readerEvery, undefined, { signal }).catch(() => {
      throw new TgError('collect', 'nobody reads that pipe: interrupted', { where: path });
    });
  }
}

/** @returns undefined while nobody reads. */
function openForWriting(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags);
  } catch (error) {
    if (codeOf(error) === 'ENXIO') return undefined;
    throw new TgError('collect', `cannot write the archive: ${messageOf(error)}`, {
      where: path,
      cause: error,
    });
  }
}

/**
 * Packs a run's outputs, as `<run id>/…` in a gzipped tar, into a stream, and ends it.
 * @param where what the stream is, for messages.
 * @returns what was left out.
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
    // Whichever fails first is why: it ends the other.
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
    hint: `The outputs are kept in ${runDir}; collect them again with tg collect ${basename(runDir)}.`,
    cause,
  });
}
