import { instanceTag } from '../../plan/instance-id.ts';
import type { Building } from '../../run/build/build-watch.ts';
import type { RunEvent } from '../../run/events/events.ts';
import { classify, classOf } from '../../run/events/line-class.ts';
import type { Progress } from '../../run/progress/progress.ts';
import { stallLines } from '../../run/stall/stall-text.ts';
import { type InstanceVerdict, judgedText, type RunResult } from '../../run/verdict/result.ts';
import { quoted } from '../../util/shell-quote.ts';
import { formatDuration } from '../../values/go-duration.ts';
import { outcomeWord } from '../flags/called-as.ts';
import type { JsonBody } from './json/json-events.ts';
import type { LineFormat } from './lines.ts';
import type { OrderedOutput } from './ordered-output.ts';
import { networkText } from './results.ts';

/** At most this number of verdicts is printed; result.json has all of them. */
const shownVerdicts = 50;

/** Presents a run: receives its events and prints messages. Nothing else prints during a run. */
export interface Reporter extends Disposable {
  onEvent(event: RunEvent): void;
  /** Shows the progress of a build on an interactive terminal. */
  onBuilding?(building: Building | undefined): void;
  /** Shows the progress of the run on an interactive terminal. */
  onProgress?(progress: Progress): void;
  /** Prints a message of the command before or after the run. */
  print(text: string): void;
  /** Emits a JSON event for what the command did before or after the run. */
  emitJson(body: JsonBody): void;
}

/** Adds the text of an event to the output: lines by their times, other text in order of arrival. */
export function showIn(output: OrderedOutput, event: RunEvent, text: RunText): void {
  const render = () => text.of(event);
  if (event.type === 'line') output.addLine(event.instance, event.elapsedMs, event.text.length, render);
  else output.add(render);
}

/** Converts events to text. The text of a run depends on its own events only, not on those of earlier runs. */
export class RunText {
  readonly #format: LineFormat;
  readonly #quiet: boolean;
  /** Instances whose failure was printed when it happened. */
  readonly #reported = new Set<string>();
  /** Instances that reported success themselves. */
  readonly #ok = new Set<string>();

  constructor(format: LineFormat, quiet: boolean) {
    this.#format = format;
    this.#quiet = quiet;
  }

  of(event: RunEvent): string {
    switch (event.type) {
      case 'line':
        return this.#line(event);
      case 'notice':
        return this.#quiet && event.level === 'INFO'
          ? ''
          : this.#format.log(event.level, event.text, event.fields);
      case 'building':
        return this.#quiet ? '' : this.#format.log('INFO', buildingText(event));
      case 'run-queued':
        this.#reported.clear();
        this.#ok.clear();
        return this.#format.log('INFO', `run is queued with ID: ${event.spec.runId}`);
      case 'run-started':
        return this.#quiet ? '' : this.#started(event);
      case 'instance-held':
        return this.#held(event);
      case 'instance-not-started':
        this.#reported.add(keyOf(event.instance));
        return this.#format.instance(event.instance, 0, 'INCOMPLETE', event.reason);
      case 'stalled':
        return event.reported
          ? stallLines(event)
              .map((line) => this.#format.log('WARN', line))
              .join('')
          : '';
      case 'abandoned':
        return this.#format.log('WARN', `the run is abandoned: ${event.why}`);
      case 'stopping':
        return event.stop.ending === 'no-longer-needed'
          ? this.#format.log(
              'INFO',
              `ending the instances that are expected to keep running: ${event.stop.why}`,
            )
          : this.#format.log(
              'WARN',
              `ending the run: ${event.stop.why}${event.stop.ending === 'canceled' ? '; a second signal ends it at once' : ''}`,
            );
      case 'run-ended':
        return this.#ended(event.result);
      default:
        return '';
    }
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
    const lines = [
      `${instanceTag(instance)} is held: start it by hand, in another terminal. The run waits for it.`,
      `  ${quoted(script)}                       starts it: ${command.map(quoted).join(' ')}`,
      `  ${quoted(script)} <debugger> <args...>  starts something else in its place`,
      `  . ${quoted(environment)}                      only sets its environment and its working directory`,
    ];
    return lines.map((line) => this.#format.log('WARN', line)).join('');
  }

  #line(line: Extract<RunEvent, { type: 'line' }>): string {
    const shown = classify(line);
    if (shown === undefined) return '';
    const [lineClass, text] = shown;
    if (lineClass === 'FAIL' || lineClass === 'CRASH') this.#reported.add(keyOf(line.instance));
    else if (this.#quiet) return '';
    if (lineClass === 'OK') this.#ok.add(keyOf(line.instance));
    return this.#format.instance(line.instance, line.elapsedMs, lineClass, text, line.at);
  }

  #ended(result: RunResult): string {
    const all = result.groups.flatMap(({ instances }) => instances);
    const unreported = all.filter((verdict) => !this.#isReported(verdict));
    const verdicts = unreported
      .slice(0, shownVerdicts)
      .map((verdict) => this.#verdict(verdict, result.duration_ms, Date.parse(result.ended)));
    const left = unreported.length - verdicts.length;
    if (left > 0) verdicts.push(this.#format.log('WARN', `and ${left} more; result.json has every verdict`));
    for (const threshold of result.thresholds) {
      const isMet = threshold.outcome === 'met';
      if (!isMet || !this.#quiet)
        verdicts.push(this.#format.log(isMet ? 'INFO' : 'WARN', judgedText(threshold)));
    }
    const network = networkText(result);
    if (network !== undefined) verdicts.push(this.#format.log('WARN', network));
    const level = result.outcome === 'success' ? 'INFO' : 'WARN';
    if (this.#quiet && level === 'INFO') return verdicts.join('');
    const fields = { run_id: result.run_id, plan: result.plan, case: result.case, ...result.counts };
    const at = Date.parse(result.ended);
    return (
      verdicts.join('') +
      this.#format.log(level, `run finished with outcome ${outcomeWord(result.outcome)}`, fields, at)
    );
  }

  #isReported(verdict: InstanceVerdict): boolean {
    if (verdict.outcome !== 'success') return this.#reported.has(keyOf(verdict));
    return this.#quiet || this.#ok.has(keyOf(verdict));
  }

  #verdict(verdict: InstanceVerdict, elapsedMs: number, at: number): string {
    return this.#format.instance(
      verdict,
      elapsedMs,
      classOf(verdict.outcome),
      `${verdict.outcome}: ${verdict.reason}`,
      at,
    );
  }
}

/** `still building (exec:rust, 1m30s): compiling serde v1.0.2`. */
function buildingText({ builder, doing, elapsedMs }: Extract<RunEvent, { type: 'building' }>): string {
  const elapsed = formatDuration(Math.floor(elapsedMs / 1_000) * 1_000);
  return `still building (${builder}, ${elapsed})${doing === undefined ? '' : `: ${doing}`}`;
}

function keyOf({ group, index }: { readonly group: string; readonly index: number }): string {
  return `${group}/${index}`;
}
