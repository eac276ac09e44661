import { isStatusOfSdk } from '../../outputs/sdk-events.ts';
import type { InstanceId } from '../../plan/instance-id.ts';
import type { RunEvent } from '../../run/events/events.ts';
import { classify, type LineClass } from '../../run/events/line-class.ts';
import type { InstanceOutcome } from '../../run/verdict/outcomes.ts';
import { asTyped } from '../../util/command-name.ts';
import type { Shown } from './detail.ts';
import { LineBudget } from './line-budget.ts';
import type { LineFormat } from './lines.ts';

type LineEvent = Extract<RunEvent, { type: 'line' }>;

/** How many failures are shown at once, and for each second after that: a log is read as a whole. */
const failureBudget = { max: 20, perSecond: { onTerminal: 1, elsewhere: 0.1 }, resumeAt: 5 } as const;
/** The same for all other lines. A run of few instances may show more at once. */
const lineBudget = {
  ...{ max: 100, maxOfOne: 2_000, resumeAt: 20 },
  perSecond: { onTerminal: 5, elsewhere: 0.1 },
} as const;

/** Shows the lines of a run's instances: all of them, or those that matter, up to a rate. */
export class InstanceLines {
  readonly #format: LineFormat;
  readonly #shown: Shown;
  #runId = '';
  #failures: LineBudget;
  #lines: LineBudget;
  /** Instances whose failure was shown when it happened, and instances that reported success. */
  readonly #failed = new Set<string>();
  readonly #ok = new Set<string>();
  /** Instances that were ended because another had failed. What they print then says nothing new. */
  readonly #abandoned = new Set<string>();

  constructor(format: LineFormat, shown: Shown) {
    this.#format = format;
    this.#shown = shown;
    this.#failures = this.#budget(failureBudget);
    this.#lines = this.#budget(lineBudget);
  }

  #budget({ perSecond, ...limit }: typeof failureBudget | typeof lineBudget, max: number = limit.max) {
    const rate = this.#shown.terminal === undefined ? perSecond.elsewhere : perSecond.onTerminal;
    return new LineBudget({ ...limit, max, perSecond: rate });
  }

  /** Starts over for another run. */
  begin(runId: string, instances: number): void {
    this.#runId = runId;
    const { max, maxOfOne } = lineBudget;
    this.#failures = this.#budget(failureBudget);
    this.#lines = this.#budget(lineBudget, Math.max(max, Math.floor(maxOfOne / instances)));
    for (const set of [this.#failed, this.#ok, this.#abandoned]) set.clear();
  }

  abandon(instances: readonly InstanceId[]): void {
    if (this.#shown.detail.everything) return;
    for (const instance of instances) this.#abandoned.add(keyOf(instance));
  }

  /** An instance that could not be started. */
  notStarted(instance: InstanceId, reason: string): string {
    this.#failed.add(keyOf(instance));
    return this.#allowed(this.#failures, 0, () => this.#format.instance(instance, 0, 'INCOMPLETE', reason));
  }

  of(line: LineEvent): string {
    const key = keyOf(line.instance);
    const classified = classify(line);
    if (classified === undefined || this.#abandoned.has(key)) return '';
    const [lineClass, text] = classified;
    const isFailure = lineClass === 'FAIL' || lineClass === 'CRASH';
    if (isFailure) this.#failed.add(key);
    if (lineClass === 'OK' && this.#shown.detail.progress) this.#ok.add(key);
    if (!isFailure && !this.#isWanted(line, lineClass)) return '';
    const said = lineClass === 'START' && !this.#shown.detail.everything ? '' : text;
    return this.#allowed(isFailure ? this.#failures : this.#lines, line.elapsedMs, () =>
      this.#format.instance(line.instance, line.elapsedMs, lineClass, said, line.at),
    );
  }

  /** Says how many lines were not shown since it last said so. */
  hiddenText(): string {
    const hidden = this.#failures.takeHidden() + this.#lines.takeHidden();
    if (hidden === 0) return '';
    const text = `… ${hidden} more line${hidden === 1 ? '' : 's'} in run.out: ${asTyped(`logs ${this.#runId}`)}`;
    return this.#format.log('INFO', text);
  }

  /** Whether the instance reported this outcome itself. */
  hasReported(instance: InstanceId & { readonly outcome: InstanceOutcome }): boolean {
    return (instance.outcome === 'success' ? this.#ok : this.#failed).has(keyOf(instance));
  }

  /** Whether a line that is no failure is shown at all. */
  #isWanted({ event }: LineEvent, lineClass: LineClass): boolean {
    const { detail, terminal } = this.#shown;
    if (!detail.progress || detail.everything) return detail.progress;
    // The board shows which instances have started and passed.
    if (terminal !== undefined && (lineClass === 'START' || lineClass === 'OK')) return false;
    return !isStatusOfSdk(event);
  }

  #allowed(budget: LineBudget, elapsedMs: number, text: () => string): string {
    if (this.#shown.detail.everything) return text();
    return budget.allows(elapsedMs) ? this.hiddenText() + text() : '';
  }
}

function keyOf({ group, index }: InstanceId): string {
  return `${group}/${index}`;
}
