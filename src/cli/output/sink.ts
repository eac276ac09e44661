import type { Writable } from 'node:stream';

/** An output stream that may be slow or closed early: `tg run … | head` must not disturb a run. */
export interface Sink {
  /** Whether the reader has gone, or the stream cannot be written. */
  readonly gone: boolean;
  write(text: string | Uint8Array): void;
  /** Resolves when the stream accepts more data; undefined if it does now. */
  ready(): Promise<void> | undefined;
}

export function sinkOf(stream: Writable): Sink {
  let gone = false;
  let waiting: Promise<void> | undefined;
  stream.on('error', () => {
    gone = true;
  });
  return {
    get gone() {
      return gone;
    },
    write(text) {
      if (!gone) stream.write(text);
    },
    ready() {
      if (gone || !stream.writableNeedDrain) return undefined;
      waiting ??= new Promise<void>((resolve) => {
        const done = () => {
          for (const name of ['drain', 'close', 'error']) stream.off(name, done);
          waiting = undefined;
          resolve();
        };
        for (const name of ['drain', 'close', 'error']) stream.on(name, done);
      });
      return waiting;
    },
  };
}
