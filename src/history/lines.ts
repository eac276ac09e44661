import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { InstanceMasks } from '../outputs/instance-masks.ts';
import { instanceDirOf, instanceFiles } from '../outputs/layout.ts';
import { Mask } from '../outputs/mask.ts';
import { Tail } from '../outputs/tail.ts';
import { whatIsAt } from '../outputs/untrusted-file.ts';
import type { RunEvent } from '../run/events/events.ts';
import { lineEvent } from '../run/events/line-event.ts';
import { maskedLine } from '../run/events/masked-event.ts';
import { type InstanceId, instanceTag } from '../run/instance/instance-id.ts';
import type { TgError } from '../util/errors.ts';
import { type Story, unreadable } from './events.ts';
import { merged, type Timed } from './merged.ts';

type LineEvent = Extract<RunEvent, { type: 'line' }>;

/** Is told of a file that cannot be read. */
export type OnUnread = (problem: TgError) => void;

function throwIt(problem: TgError): never {
  throw problem;
}

/** More files than so many are not held open at once: those of later instances come after those of earlier ones. */
const mostFiles = 500;
/** After so many lines others have a turn: a signal, a client of the page's server. */
const linesInTurn = 500;

/**
 * The lines of instances as they are in the files now, told in the order of their times. A line that says no time has
 * that of the one before it; stderr has that of the instance's end, or, of one that has none, when it was written last.
 * @param onUnread is told of each file that cannot be read, and the others are read on; without it the first one is thrown.
 */
export async function* linesOf(
  dir: string,
  instances: readonly InstanceId[],
  { began, endedAt }: Story,
  onUnread: OnUnread = throwIt,
): AsyncIterable<LineEvent> {
  const masks = new InstanceMasks(dir);
  let lines = 0;
  for (let from = 0; from < instances.length; from += mostFiles / 2) {
    using sources = new Sources(onUnread);
    for (const its of instances.slice(from, from + mostFiles / 2)) {
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

/** Streams of several instances, read piece by piece. */
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
 * The file of a stream: settled, or still captured; undefined where there is none, or only a link: what somebody else has packed may
 * lead anywhere.
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

/** What is known of a stream, and who is told where it cannot be read on. */
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
