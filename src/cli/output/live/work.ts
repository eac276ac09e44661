import cliTruncate from 'cli-truncate';
import type { Building } from '../../../run/build/build-watch.ts';
import { formatDuration } from '../../../values/go-duration.ts';
import type { Collecting } from '../reporter.ts';
import { bytesText, onOneLine, wide } from './board.ts';
import type { Size } from './screen.ts';

/** Work of tg itself, before or after a run, that may last. */
export interface Work {
  /** What is being done, on one line. */
  readonly text: string;
  /** The current step; undefined if it is not known. */
  readonly step: string | undefined;
  /** When the work began, in ms since the epoch. */
  readonly began: number;
}

/** Describes a build: `building gossip with exec:rust`. */
export function buildWork({ plan, builder, doing, began }: Building): Work {
  const step = doing === undefined ? undefined : onOneLine(doing);
  return { text: `building ${onOneLine(plan)} with ${builder}`, step, began };
}

/** Describes packing the outputs of a run: `collecting, 140 MB`. */
export function collectWork({ bytes, began }: Collecting): Work {
  return { text: bytes < 1e6 ? 'collecting' : `collecting, ${bytesText(bytes)}`, step: undefined, began };
}

/** Formats work as a text: `building gossip with exec:rust, 12s: compiling serde`. */
export function workText({ text, step }: Work, elapsedMs: number): string {
  const elapsed = formatDuration(Math.floor(elapsedMs / 1_000) * 1_000);
  return `${text}, ${elapsed}${step === undefined ? '' : `: ${step}`}`;
}

/** Cuts a line so that it is shorter than the terminal is wide. */
export function fittingLine(line: string, { columns }: Pick<Size, 'columns'>): string {
  return cliTruncate(line, Math.max(1, columns - wide));
}
