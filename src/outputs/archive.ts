import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { create } from 'tar';
import { messageOf, TgError } from '../errors.ts';
import { instanceFiles } from './layout.ts';

/**
 * Packs a run's outputs into `file`: written under another name beside it and renamed, so that it appears complete
 * or not at all. Streams; memory does not grow with the run.
 * @throws TgError (collect) when it cannot be written.
 */
export async function packToFile(runDir: string, file: string, signal: AbortSignal): Promise<void> {
  const target = resolve(file);
  const partial = join(dirname(target), `.${basename(target)}.${randomBytes(4).toString('hex')}.partial`);
  try {
    await packToStream(runDir, createWriteStream(partial, { flags: 'wx' }), signal);
    await rename(partial, target);
  } catch (cause) {
    await rm(partial, { force: true });
    if (signal.aborted) throw cause;
    throw new TgError('collect', `cannot write the archive: ${messageOf(cause)}`, {
      where: target,
      hint: `The outputs are kept in ${runDir}; collect them again with tg collect ${basename(runDir)}.`,
      cause,
    });
  }
}

/** Packs a run's outputs, as `<run id>/…` in a gzipped tar, into a stream, and ends it. */
export async function packToStream(
  runDir: string,
  destination: Writable,
  signal: AbortSignal,
): Promise<void> {
  const names = new Map<string, string>([
    [instanceFiles.capturedOut, instanceFiles.out],
    [instanceFiles.capturedErr, instanceFiles.err],
  ]);
  const archive = create(
    {
      gzip: true,
      cwd: dirname(runDir),
      portable: true,
      // A run that still goes on: what is captured so far is its run.out so far.
      onWriteEntry: (entry) => {
        const settled = names.get(basename(entry.path));
        if (settled !== undefined) entry.path = join(dirname(entry.path), settled);
      },
    },
    [basename(runDir)],
  );
  await pipeline(archive, destination, { signal });
}
