import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { withTag } from '../influx/point.ts';
import { type ExportedRun, toInflux } from '../metrics/export/influx.ts';
import { readSdkLine } from '../metrics/sdk-line.ts';
import { instanceFiles } from '../outputs/layout.ts';
import { Tail } from '../outputs/tail.ts';
import { isSame, whatIsAt } from '../outputs/untrusted-file.ts';
import type { InstanceId } from './instance-id.ts';
import { OutputWatcher } from './output-watcher.ts';

/** Takes lines of InfluxDB's line protocol, with times in ns. */
interface Sink {
  send(lines: readonly string[]): void;
}

/** What an instance writes of metrics is followed until its end. */
export interface Followed {
  /** Reads what is there when the instance has ended. */
  finish(): Promise<void>;
}

/**
 * Sends what instances measure to an InfluxDB while they measure it: what they push, and what they write into results.out and
 * diagnostics.out. What an SDK does both with has one name, one time and one instance, and is one point there. Nothing is
 * masked: a number that is a secret's would make no point of a line.
 */
export class MetricForward implements Disposable {
  readonly #sink: Sink;
  readonly #run: ExportedRun;
  readonly #watcher = new OutputWatcher(() => undefined, true);

  constructor(sink: Sink, run: ExportedRun) {
    this.#sink = sink;
    this.#run = run;
  }

  /** Takes what an instance has pushed. */
  pushed({ index }: InstanceId, lines: readonly string[]): void {
    this.#sink.send(lines.map((line) => withTag(line, 'instance', String(index))));
  }

  /** Follows the files of an instance that is to be started. @param outputs their folder. */
  follow({ group, index }: InstanceId, outputs: string): Followed {
    const tails = (['results', 'diagnostics'] as const).map((source) => {
      const path = join(outputs, instanceFiles[source]);
      const tail = new Tail(
        path,
        ({ bytes }) => {
          const { metric } = readSdkLine(bytes.toString(), source);
          if (metric === undefined) return;
          const line = toInflux({ ...metric, group, instance: index }, this.#run).trimEnd();
          if (line !== '') this.#sink.send([line]);
        },
        { open: 'make' },
      );
      this.#watcher.watch(tail);
      return { tail, path };
    });
    return {
      finish: async () => {
        for (const { tail, path } of tails) {
          // Made only to be followed; what an instance has put in its place stays.
          const isNeedless = tail.size === 0 && isSame(tail.stats, whatIsAt(path));
          await this.#watcher.finish(tail);
          tail[Symbol.dispose]();
          if (isNeedless) rmSync(path, { force: true });
        }
      },
    };
  }

  [Symbol.dispose](): void {
    this.#watcher[Symbol.dispose]();
  }
}
