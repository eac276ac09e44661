import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { withTag } from '../influx/point.ts';
import { type ExportedRun, toInflux } from '../metrics/export/influx.ts';
import { readSdkLine } from '../metrics/sdk-line.ts';
import { instanceFiles } from '../outputs/layout.ts';
import { Tail } from '../outputs/tail.ts';
import { isSame, whatIsAt } from '../outputs/untrusted-file.ts';
import type { InstanceId } from './instance/instance-id.ts';
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

  /**
   * Follows the files of an instance that is to be started.
   * @param outputs their folder.
   * @throws Error where another instance has put something in the place of one.
   */
  follow(instance: InstanceId, outputs: string): Followed {
    const followed: { readonly tail: Tail; readonly path: string }[] = [];
    try {
      for (const source of ['results', 'diagnostics'] as const) {
        const path = join(outputs, instanceFiles[source]);
        followed.push({ path, tail: this.#tailOf(path, source, instance) });
      }
    } catch (error) {
      for (const { tail } of followed) tail[Symbol.dispose]();
      throw error;
    }
    for (const { tail } of followed) this.#watcher.watch(tail);
    return {
      finish: async () => {
        for (const { tail, path } of followed) {
          // Made only to be followed; what an instance has put in its place stays.
          const isNeedless = tail.size === 0 && isSame(tail.stats, whatIsAt(path));
          await this.#watcher.finish(tail);
          tail[Symbol.dispose]();
          if (isNeedless) rmSync(path, { force: true });
        }
      },
    };
  }

  #tailOf(path: string, source: 'results' | 'diagnostics', { group, index }: InstanceId): Tail {
    return new Tail(
      path,
      ({ bytes }) => {
        const { metric } = readSdkLine(bytes.toString(), source);
        if (metric === undefined) return;
        const line = toInflux({ ...metric, group, instance: index }, this.#run).trimEnd();
        if (line !== '') this.#sink.send([line]);
      },
      { open: 'make' },
    );
  }

  [Symbol.dispose](): void {
    this.#watcher[Symbol.dispose]();
  }
}
