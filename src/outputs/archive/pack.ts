import { once } from 'node:events';
import { closeSync, fstatSync, lstatSync, read, readSync, type Stats } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { Header, type Pack, ReadEntry } from 'tar';
import { codeOf, messageOf } from '../../util/errors.ts';
import { InstanceMasks } from '../instance-masks.ts';
import { openBelow } from '../untrusted-file.ts';
import { type Entry, type LeftOut, listEntries } from './entries.ts';

/** Options for packing a run's outputs. */
export interface PackOptions {
  readonly signal: AbortSignal;
  /** Whether equal outputs give equal bytes, whenever they were written; times are left out. */
  readonly deterministic: boolean;
  /** Aborts waiting for the reader of a pipe; defaults to `signal`. */
  readonly waiting?: AbortSignal | undefined;
  /** Called while files are packed, with the number of bytes since the last call. */
  readonly onPacked?: ((bytes: number) => void) | undefined;
}

/**
 * Fills an archive with a run's outputs, as `<run id>/…`, and ends it. Each file is packed with its length when its
 * turn comes, even if it grows meanwhile.
 * @param leaveOut receives entries that are not packed, or only in part.
 */
export async function fillArchive(
  pack: Pack,
  runDir: string,
  { signal, deterministic, onPacked }: PackOptions,
  leaveOut: (what: LeftOut) => void,
): Promise<void> {
  const run = basename(runDir);
  const root = await realpath(runDir);
  const masks = new InstanceMasks(runDir);
  const timeOf = ({ mtime }: Stats) => (deterministic ? new Date(0) : mtime);
  const add = async (path: string, type: 'Directory' | 'SymbolicLink', stats: Stats, linkpath: string) => {
    // The user who unpacks a folder must be able to fill and remove it.
    const mode = (stats.mode & 0o777) | (type === 'Directory' ? 0o700 : 0);
    const header = new Header({ path, type, mode, mtime: timeOf(stats), size: 0, linkpath });
    await addEntry(pack, new ReadEntry(header), [], { signal });
  };
  const addFile = async (entry: Entry) => {
    const opened = openFirst(root, entry.found);
    if (typeof opened === 'string') {
      leaveOut({ path: entry.path, why: `it cannot be read: ${opened}` });
      return;
    }
    try {
      const stats = fstatSync(opened);
      const { size } = stats;
      const path = join(run, entry.path);
      const mode = stats.mode & 0o777;
      const header = new Header({ path, type: 'File', mode, mtime: timeOf(stats), size });
      const mask = await masks.of(entry.path);
      const content = contentOf(opened, size);
      const masked = mask === undefined ? content : mask.stream(content);
      const written = await addEntry(pack, new ReadEntry(header), masked, { signal, onPacked });
      if (written < size)
        leaveOut({ path: entry.path, why: 'its end: it was truncated while it was packed' });
    } finally {
      closeSync(opened);
    }
  };
  await add(`${run}/`, 'Directory', lstatSync(runDir), '');
  for await (const entry of listEntries(runDir, leaveOut)) {
    if (entry.kind === 'file') {
      await addFile(entry);
    } else {
      const type = entry.kind === 'folder' ? 'Directory' : 'SymbolicLink';
      const stats = lstatSync(join(runDir, entry.path), { throwIfNoEntry: false });
      const path = join(run, entry.path);
      // It may have been removed meanwhile.
      if (stats !== undefined)
        await add(entry.kind === 'folder' ? `${path}/` : path, type, stats, entry.target);
    }
  }
  pack.end();
}

/**
 * Opens the first existing file of several candidates.
 * @param root the real path of the run's folder.
 * @returns why none can be opened, if none can.
 */
function openFirst(root: string, places: readonly string[]): number | string {
  let why = '';
  for (const place of places) {
    try {
      return openBelow(root, place);
    } catch (error) {
      why = messageOf(error);
      if (codeOf(error) !== 'ENOENT') break;
    }
  }
  return why;
}

const readPiece = promisify(read);
const pieceBytes = 256 * 1024;
/** Files up to this length are read synchronously: handing them to another thread takes longer. */
const short = 64 * 1024;

async function* contentOf(file: number, size: number): AsyncGenerator<Buffer> {
  if (size === 0) return;
  if (size <= short) {
    const content = Buffer.alloc(size);
    yield content.subarray(0, readSync(file, content, 0, size, 0));
    return;
  }
  for (let position = 0; position < size; ) {
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, size - position));
    const { bytesRead } = await readPiece(file, piece, 0, piece.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

/** Adds an entry and waits until it is packed. @returns the number of bytes read; missing bytes become zeros. */
async function addEntry(
  pack: Pack,
  entry: ReadEntry,
  content: AsyncIterable<Buffer> | Iterable<Buffer>,
  { signal, onPacked }: Pick<PackOptions, 'signal' | 'onPacked'>,
): Promise<number> {
  const packed = once(entry, 'end', { signal });
  packed.catch(() => {});
  pack.add(entry);
  let written = 0;
  for await (const chunk of content) {
    // After an abort, what is written here would stay in memory.
    signal.throwIfAborted();
    written += chunk.length;
    onPacked?.(chunk.length);
    if (!entry.write(chunk)) await once(entry, 'drain', { signal });
  }
  entry.end();
  await packed;
  return written;
}
