import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { InstanceMasks } from '../outputs/instance-masks.ts';
import { instanceDirOf, instanceFiles } from '../outputs/layout.ts';
import { Mask } from '../outputs/mask.ts';
import { Tail } from '../outputs/tail.ts';
import { whatIsAt } from '../outputs/untrusted-file.ts';
import { type InstanceId, instanceTag } from '../plan/instance-id.ts';
import type { RunEvent } from '../run/events/events.ts';
import { lineEvent } from '../run/events/line-event.ts';
import { maskedLine } from '../run/events/masked-event.ts';
import type { TgError } from '../util/errors.ts';
import { type RunHistory, unreadable } from './events.ts';
import { merged, type Timed } from './merge-by-time.ts';

type LineEvent = Extract<RunEvent, { type: 'line' }>;

/** Called for a file that cannot be read. */
export type OnUnread = (problem: TgError) => void;

function throwIt(problem: TgError): never {
  throw problem;
}

/**
 * At most this many files are open at once. Beyond that, the lines of later instances follow those of earlier ones.
 */
const maxFiles = 500;
/** After this many lines, the event loop handles other work: a signal, or a client of the page's server. */
const linesInTurn = 500;

/**
 * The lines in the instances' files now, in order of time. A line without a time has the time of the line before
 * it. A line of stderr has the time when the instance ended, or when its file was last written if the instance has
 * not ended.
 * @param onUnread called for each file that cannot be read; the others are still read. By default, the first
 *   problem is thrown.
 */
export async function* linesOf(
  dir: string,
  instances: readonly InstanceId[],
  { began, endedAt }: RunHistory,
  onUnread: OnUnread = throwIt,
): AsyncIterable<LineEvent> {
  const masks = new InstanceMasks(dir);
  let lines = 0;
  for (let from = 0; from < instances.length; from += maxFiles / 2) {
    using sources = new Sources(onUnread);
    for (const its of instances.slice(from, from + maxFiles / 2)) {
      const folder = instanceDirOf(dir, its.group, its.index);
      const end = endedAt.get(instanceTag(its));
      const mask = await masks.ofInstance(its.group, its.index);
      sources.add(folder, its, 'stdout', { began, end }, mask);
      sources.add(folder, its, 'stderr', { began, end }, mask);
    }
    for (const line of sources.inOrder()) {
      yield line;
      if (++lines % linesInTurn === 0) await nextTurn();
    }
  }
}

/** The streams of several instances, read in pieces. */
class Sources implements Disposable {
  readonly #sources: Source[] = [];
  readonly #onUnread: OnUnread;

  constructor(onUnread: OnUnread) {
    this.#onUnread = onUnread;
  }

  add(
    folder: string,
    instance: InstanceId,
    stream: 'stdout' | 'stderr',
    times: { readonly began: number; readonly end: number | undefined },
    mask: Mask | undefined,
  ): void {
    let place = folder;
    try {
      const file = fileOf(folder, stream);
      if (file === undefined) return;
      place = file;
      const { began, end = whatIsAt(file)?.mtimeMs ?? times.began } = times;
      const onUnread = (cause: unknown) => this.#onUnread(unreadable(file, cause));
      this.#sources.push(new Source(file, { instance, stream, began, end, mask, onUnread }));
    } catch (cause) {
      this.#onUnread(unreadable(place, cause));
    }
  }

  inOrder(): Iterable<LineEvent> {
    return merged(this.#sources);
  }

  [Symbol.dispose](): void {
    for (const source of this.#sources) source[Symbol.dispose]();
  }
}

/**
 * The file of a stream, captured or finalized. Undefined if there is none, or only a symbolic link: an archive from
 * elsewhere may link to anything.
 */
export function fileOf(folder: string, stream: 'stdout' | 'stderr'): string | undefined {
  const names =
    stream === 'stdout'
      ? [instanceFiles.capturedOut, instanceFiles.out]
      : [instanceFiles.capturedErr, instanceFiles.err];
  const isReal = [dirname(folder), folder].every((path) => whatIsAt(path)?.isDirectory());
  return isReal
    ? names.map((name) => join(folder, name)).find((file) => whatIsAt(file)?.isFile())
    : undefined;
}

/** A stream, and the callback for read errors. */
interface Streamed {
  readonly instance: InstanceId;
  readonly stream: 'stdout' | 'stderr';
  readonly began: number;
  readonly end: number;
  readonly mask: Mask | undefined;
  readonly onUnread: (cause: unknown) => void;
}

const pieceBytes = 64 * 1024;
const nothingMasked = new Mask([]);

class Source implements Disposable, Timed<LineEvent> {
  readonly #tail: Tail;
  readonly #onUnread: Streamed['onUnread'];
  readonly #lines: LineEvent[] = [];
  #taken = 0;
  #ended = false;
  #at: number;

  /** @throws as `openRegular` does. */
  constructor(file: string, { instance, stream, began, end, mask = nothingMasked, onUnread }: Streamed) {
    this.#onUnread = onUnread;
    this.#at = stream === 'stderr' ? end : began;
    this.#tail = new Tail(file, (line) => {
      const event = maskedLine(lineEvent(instance, stream, line, began, this.#at), mask);
      this.#at = Math.max(this.#at, event.at);
      this.#lines.push(event);
    });
  }

  get nextAt(): number | undefined {
    return this.#next?.at;
  }

  get #next(): LineEvent | undefined {
    while (this.#taken === this.#lines.length && !this.#ended) {
      this.#lines.length = 0;
      this.#taken = 0;
      if (this.#readMore() > 0) continue;
      this.#tail.finish();
      this.#ended = true;
    }
    return this.#lines[this.#taken];
  }

  #readMore(): number {
    try {
      return this.#tail.readMore(pieceBytes);
    } catch (cause) {
      this.#onUnread(cause);
      return 0;
    }
  }

  take(): LineEvent {
    const line = this.#next;
    if (line === undefined) throw new Error('there are no more lines');
    this.#taken++;
    return line;
  }

  [Symbol.dispose](): void {
    this.#tail[Symbol.dispose]();
  }
}
