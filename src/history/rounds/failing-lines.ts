import type { InstanceId } from '../../plan/instance-id.ts';
import type { RunEvent } from '../../run/events/events.ts';
import { classify, type LineClass } from '../../run/events/line-class.ts';
import { beginningOf } from '../../util/truncate.ts';
import { lineShape } from './line-shape.ts';

export type LineEvent = Extract<RunEvent, { type: 'line' }>;

/** A line that occurs in failing rounds only. */
export interface FailingLine {
  readonly kind: LineClass;
  /** The line, with `…` for what may differ. */
  readonly shape: string;
  /** The number of failing rounds with such a line. */
  readonly rounds: number;
  /** The first such line of the first of these rounds. */
  readonly example: {
    readonly runId: string;
    readonly instance: InstanceId;
    readonly elapsedMs: number;
    readonly text: string;
  };
}

/** The maximum number of different lines that are kept. */
const maxLines = 50_000;
const maxText = 2_000;
/** A frame of a stack: of Node, Go, Python or Rust. The error above it is a line of its own. */
const frame = /^\s*at .*:\d+|^\s+\S+\.\w+:\d+|^\s*File ".*", line \d+|^\s+\d+: \S|^goroutine \d+/;
/** The start event holds all parameters, and a metric is compared as such. */
const ignored: ReadonlySet<LineClass> = new Set(['START', 'METRIC', 'OK']);

/** Finds the lines that occur in failing rounds only. Failing rounds come first, so that memory depends on them alone. */
export class FailingLines {
  readonly #lines = new Map<string, FailingLine & { lastRound: string; rounds: number }>();
  /** Whether there were too many different lines to keep all. */
  isCut = false;

  addFailing(runId: string, line: LineEvent): void {
    const [kind, text] = wordsOf(line) ?? [];
    if (kind === undefined || text === undefined) return;
    const shape = lineShape(text);
    const known = this.#lines.get(shape);
    if (known !== undefined) {
      if (known.lastRound !== runId) known.rounds++;
      known.lastRound = runId;
      return;
    }
    if (this.#lines.size >= maxLines) {
      this.isCut = true;
      return;
    }
    const { instance, elapsedMs } = line;
    const example = { runId, instance, elapsedMs, text: beginningOf(text, maxText) };
    this.#lines.set(shape, { kind, shape, rounds: 1, example, lastRound: runId });
  }

  addPassing(line: LineEvent): void {
    const [, text] = wordsOf(line) ?? [];
    if (text !== undefined) this.#lines.delete(lineShape(text));
  }

  /** The lines in most failing rounds first, then the earliest. */
  all(): readonly FailingLine[] {
    const lines = [...this.#lines.values()].map(({ lastRound: _, ...line }): FailingLine => line);
    return lines.sort((a, b) => b.rounds - a.rounds || a.example.elapsedMs - b.example.elapsedMs);
  }
}

/** The class and the first line of the text of a line that counts. */
function wordsOf(line: LineEvent): readonly [LineClass, string] | undefined {
  const [kind, text = ''] = classify(line) ?? [];
  if (kind === undefined || ignored.has(kind)) return undefined;
  const [first = ''] = text.split('\n');
  if (kind === 'ERROR' && frame.test(first)) return undefined;
  return first.trim() === '' ? undefined : [kind, first.trim()];
}
