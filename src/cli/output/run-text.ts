import { instanceTag } from '../../plan/instance-id.ts';
import { type Causes, noCauses } from '../../run/causes/cause.ts';
import { causeLines } from '../../run/causes/cause-text.ts';
import { causesIn, inCause } from '../../run/causes/rank-causes.ts';
import type { RunEvent } from '../../run/events/events.ts';
import { classOf } from '../../run/events/line-class.ts';
import { faultLine } from '../../run/faults/fault-line.ts';
import { saturationText } from '../../run/machine/machine-summary.ts';
import { stallLines } from '../../run/stall/stall-text.ts';
import { hasPassed } from '../../run/verdict/outcomes.ts';
import { judgedText, type RunResult } from '../../run/verdict/result.ts';
import { quoted } from '../../util/shell-quote.ts';
import { formatDuration } from '../../values/go-duration.ts';
import { outcomeWord } from '../flags/called-as.ts';
import type { Shown } from './detail.ts';
import { InstanceLines } from './instance-lines.ts';
import type { LineFormat } from './lines.ts';
import { networkProblemLines, networkText } from './series/results.ts';

/** At most this number of verdicts is printed; result.json has all of them. */
const shownVerdicts = 50;
/** How much is shown of why a run did not pass: it fits a terminal of 24 lines. */
const shownCauses = { named: 4, detailed: 1, lines: 5 } as const;

/** Converts events to text. The text of a run depends on its own events only, not on those of earlier runs. */
export class RunText {
  readonly #format: LineFormat;
  readonly #shown: Shown;
  readonly #lines: InstanceLines;

  constructor(format: LineFormat, shown: Shown) {
    this.#format = format;
    this.#shown = shown;
    this.#lines = new InstanceLines(format, shown);
  }

  of(event: RunEvent): string {
    const { progress } = this.#shown.detail;
    switch (event.type) {
      case 'line':
        return this.#lines.of(event);
      case 'notice':
        return event.level === 'INFO' && !progress
          ? ''
          : this.#format.log(event.level, event.text, event.fields);
      case 'building':
        return progress ? this.#format.log('INFO', buildingText(event)) : '';
      case 'run-queued': {
        const { runId, totalInstances } = event.spec;
        this.#lines.begin(runId, totalInstances);
        return this.#format.log('INFO', `run is queued with ID: ${runId}`);
      }
      case 'run-started':
        return progress ? this.#started(event) : '';
      case 'instance-held':
        return this.#held(event);
      case 'instance-not-started':
        return this.#lines.notStarted(event.instance, event.reason);
      case 'fault':
        return this.#fault(event);
      case 'stalled':
        return event.reported ? this.#warnings(stallLines(event)) : '';
      case 'abandoned':
        this.#lines.abandon(event.instances);
        return this.#warnings([`the run is abandoned: ${event.why}`]);
      case 'stopping':
        return this.#stopping(event);
      case 'run-ended':
        return this.#ended(event.result);
      default:
        return '';
    }
  }

  #warnings(lines: readonly string[]): string {
    return lines.map((line) => this.#format.log('WARN', line)).join('');
  }

  #stopping({ stop: { ending, why } }: Extract<RunEvent, { type: 'stopping' }>): string {
    if (ending === 'no-longer-needed')
      return this.#format.log('INFO', `ending the instances that are expected to keep running: ${why}`);
    return this.#warnings([
      `ending the run: ${why}${ending === 'canceled' ? '; a second signal ends it at once' : ''}`,
    ]);
  }

  #fault(event: Extract<RunEvent, { type: 'fault' }>): string {
    const line = faultLine({ instances: [], why: '', ...event });
    if (event.did === 'fail') return this.#warnings([line]);
    return this.#shown.detail.progress ? this.#format.log('INFO', line) : '';
  }

  #started({ spec, sync, runDir }: Extract<RunEvent, { type: 'run-started' }>): string {
    const fields = {
      run_id: spec.runId,
      plan: spec.plan.name,
      case: spec.testCase,
      runner: spec.runner,
      instances: spec.totalInstances,
    };
    return [
      this.#format.log('INFO', `sync service: ${sync}`),
      this.#format.log('INFO', `outputs: ${runDir}`),
      this.#format.log('INFO', 'starting run', fields),
    ].join('');
  }

  #held({ instance, script, environment, command }: Extract<RunEvent, { type: 'instance-held' }>): string {
    return this.#warnings([
      `${instanceTag(instance)} is held: start it by hand, in another terminal. The run waits for it.`,
      `  ${quoted(script)}                       starts it: ${command.map(quoted).join(' ')}`,
      `  ${quoted(script)} <debugger> <args...>  starts something else in its place`,
      `  . ${quoted(environment)}                      only sets its environment and its working directory`,
    ]);
  }

  #ended(result: RunResult): string {
    const { detail, terminal } = this.#shown;
    const network = networkText(result);
    const saturated = detail.causes ? saturationText(result.machine) : undefined;
    const causes = detail.causes ? causesIn(result) : noCauses;
    const isSuccess = result.outcome === 'success';
    const text = [
      this.#lines.hiddenText(),
      ...this.#verdicts(result),
      ...this.#thresholds(result, causes),
      ...(network === undefined ? [] : [this.#warnings([network])]),
      ...networkProblemLines(result).map((text) => this.#warnings([text])),
      // The command reports why a run did not begin.
      ...(result.error === null
        ? causeLines(causes, shownCauses).map((line) => this.#format.cause(line, terminal?.truncate))
        : []),
      ...(saturated === undefined || (isSuccess && !detail.progress)
        ? []
        : [this.#format.cause({ kind: 'note', text: saturated }, terminal?.truncate)]),
    ].join('');
    // On a terminal, the summary says so.
    if (terminal !== undefined || (isSuccess && !detail.progress)) return text;
    const fields = { run_id: result.run_id, plan: result.plan, case: result.case, ...result.counts };
    const end = `run finished with outcome ${outcomeWord(result.outcome)}`;
    return text + this.#format.log(isSuccess ? 'INFO' : 'WARN', end, fields, Date.parse(result.ended));
  }

  /** The verdicts that instances did not report. Without all details, those of the instances that passed. */
  #verdicts(result: RunResult): string[] {
    const { detail, terminal } = this.#shown;
    const unreported = result.groups
      .flatMap(({ instances }) => instances)
      .filter((verdict) => !this.#lines.hasReported(verdict))
      .filter(({ outcome }) =>
        hasPassed(outcome) ? detail.progress && terminal === undefined : detail.verdicts,
      );
    const at = Date.parse(result.ended);
    const lines = unreported
      .slice(0, shownVerdicts)
      .map((verdict) =>
        this.#format.instance(
          verdict,
          result.duration_ms,
          classOf(verdict.outcome),
          `${verdict.outcome}: ${verdict.reason}`,
          at,
        ),
      );
    const left = unreported.length - lines.length;
    return left === 0
      ? lines
      : [...lines, this.#format.log('INFO', `and ${left} more; result.json has every verdict`)];
  }

  /** The thresholds that the causes do not name. */
  #thresholds({ thresholds }: RunResult, { causes }: Causes): string[] {
    const { progress } = this.#shown.detail;
    const named = new Set(causes.slice(0, shownCauses.named).map(({ text }) => text));
    return thresholds
      .filter((threshold) =>
        threshold.outcome === 'met' ? progress : !named.has(inCause(judgedText(threshold))),
      )
      .map((threshold) =>
        this.#format.log(threshold.outcome === 'met' ? 'INFO' : 'WARN', judgedText(threshold)),
      );
  }
}

/** `still building (exec:rust, 1m30s): compiling serde v1.0.2`. */
function buildingText({ builder, doing, elapsedMs }: Extract<RunEvent, { type: 'building' }>): string {
  const elapsed = formatDuration(Math.floor(elapsedMs / 1_000) * 1_000);
  return `still building (${builder}, ${elapsed})${doing === undefined ? '' : `: ${doing}`}`;
}
