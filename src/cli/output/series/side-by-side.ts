import type { RunSpec } from '../../../plan/run-spec.ts';
import type { RunEvent } from '../../../run/events/events.ts';
import type { Detail } from '../detail.ts';
import { jsonReporter } from '../json/json.ts';
import type { Output } from '../open-output.ts';
import type { Reporter } from '../reporter.ts';
import { RunText } from '../run-text.ts';

/** A run whose events are shown apart from those of others. */
interface Shown {
  readonly reporter: Reporter;
  /** Shows what was kept back until its end. */
  end(): void;
}

/**
 * Shows runs that are carried out at the same time: as JSON, each event with its own run; as text, the failures and the
 * end of each run in one piece, once it has ended.
 */
export class SideBySideOutput {
  readonly #output: Output;
  readonly #detail: Detail;
  readonly #isJson: boolean;
  readonly #runs = new Map<string, Shown>();

  constructor(output: Output, detail: Detail, isJson: boolean) {
    this.#output = output;
    this.#detail = { ...detail, progress: false, everything: false };
    this.#isJson = isJson;
  }

  onEvent(event: RunEvent, run: RunSpec): void {
    this.#shown(run).reporter.onEvent(event);
  }

  /** Shows the end of a run. @returns where to print what follows about it. */
  end(run: RunSpec): Output {
    const shown = this.#shown(run);
    this.#runs.delete(run.runId);
    shown.end();
    return { ...this.#output, reporter: shown.reporter, [Symbol.dispose]() {} };
  }

  #shown({ runId }: RunSpec): Shown {
    const known = this.#runs.get(runId);
    if (known !== undefined) return known;
    const shown = this.#isJson ? this.#json() : this.#text();
    this.#runs.set(runId, shown);
    return shown;
  }

  #json(): Shown {
    return { reporter: jsonReporter(this.#output.sink), end: () => {} };
  }

  #text(): Shown {
    const { format, reporter } = this.#output;
    const text = new RunText(format, { detail: this.#detail, terminal: undefined });
    let kept = '';
    const onEvent = (event: RunEvent) => {
      kept += text.of(event);
    };
    return {
      reporter: { ...reporter, onEvent },
      end: () => {
        if (kept !== '') reporter.print(kept);
      },
    };
  }
}
