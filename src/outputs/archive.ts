import { randomBytes } from 'node:crypto';
import { constants, createWriteStream, existsSync, openSync } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { basename, dirname, join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { create } from 'tar';
import { codeOf, messageOf, TgError } from '../errors.ts';
import { instanceFiles } from './layout.ts';

/**
 * Packs a run's outputs into `file`: written under another name beside it and renamed, so that it appears complete
 * or not at all. A link keeps leading where it leads; what is no file, a pipe or a device, is written to as it is.
 * Streams; memory does not grow with the run.
 * @throws TgError (collect) when it cannot be written, or the signal aborts.
 */
export async function packToFile(runDir: string, file: string, signal: AbortSignal): Promise<void> {
  const target = await realpath(file).catch(() => resolve(file));
  const there = await stat(target).catch(() => undefined);
  if (there !== undefined && !there.isFile() && !there.isDirectory()) {
    const stream = there.isFIFO() ? await openPipe(target, signal) : createWriteStream(target);
    await packToStream(runDir, stream, target, signal);
    return;
  }
  const partial = join(dirname(target), `.${basename(target)}.${randomBytes(4).toString('hex')}.partial`);
  try {
    await packToStream(runDir, createWriteStream(partial, { flags: 'wx' }), target, signal);
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true });
    throw error instanceof TgError ? error : cannotWrite(runDir, target, error);
  }
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
 * @throws TgError (collect) when it cannot be written.
 */
export async function packToStream(
  runDir: string,
  destination: Writable,
  where: string,
  signal: AbortSignal,
): Promise<void> {
  const captured = new Map<string, string>([
    [instanceFiles.capturedOut, instanceFiles.out],
    [instanceFiles.capturedErr, instanceFiles.err],
  ]);
  const own = new Map([...captured].map(([name, settled]) => [settled, name]));
  const archive = create(
    {
      gzip: true,
      cwd: dirname(runDir),
      portable: true,
      // A run that still goes on: what is captured so far is its run.out so far, and not what the SDK wrote itself.
      filter: (path) => {
        const capture = own.get(basename(path));
        return capture === undefined || !existsSync(join(dirname(runDir), dirname(path), capture));
      },
      onWriteEntry: (entry) => {
        const settled = captured.get(basename(entry.path));
        if (settled !== undefined) entry.path = join(dirname(entry.path), settled);
      },
    },
    [basename(runDir)],
  );
  try {
    await pipeline(archive, destination, { signal });
  } catch (error) {
    throw cannotWrite(runDir, where, signal.aborted ? new Error('interrupted') : error);
  }
}

function cannotWrite(runDir: string, where: string, cause: unknown): TgError {
  return new TgError('collect', `cannot write the archive: ${messageOf(cause)}`, {
    where,
    hint: `The outputs are kept in ${runDir}; collect them again with tg collect ${basename(runDir)}.`,
    cause,
  });
}
