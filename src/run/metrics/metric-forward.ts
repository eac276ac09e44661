import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { withTag } from '../../influx/point.ts';
import { type ExportedRun, toInflux } from '../../metrics/export/influx.ts';
import { readSdkLine } from '../../metrics/sdk-line.ts';
import { instanceFiles } from '../../outputs/layout.ts';
import { Tail } from '../../outputs/tail.ts';
import { isSame, whatIsAt } from '../../outputs/untrusted-file.ts';
import type { InstanceId } from '../../plan/instance-id.ts';
import { OutputWatcher } from '../capture/output-watcher.ts';

/** A destination for lines of the InfluxDB line protocol, with times in ns. */
interface Sink {
  send(lines: readonly string[]): void;
}

/** The metric files of an instance, followed until it ends. */
export interface Followed {
  /** Reads the rest of the files after the instance has ended. */
  finish(): Promise<void>;
}

/**
 * Sends the metrics of instances to an InfluxDB while they run: pushed ones, and those in results.out and
 * diagnostics.out. A metric that an SDK both pushes and writes has the same name, time and instance, and becomes
 * one point. Nothing is masked, because a masked number would make a line invalid.
 */
export class MetricForward implements Disposable {
  readonly #sink: Sink;
  readonly #run: ExportedRun;
  readonly #watcher = new OutputWatcher(() => undefined, true);

  constructor(sink: Sink, run: ExportedRun) {
    this.#sink = sink;
    this.#run = run;
  }

  /** Forwards lines that an instance has pushed. */
  pushed({ index }: InstanceId, lines: readonly string[]): void {
    this.#sink.send(lines.map((line) => withTag(line, 'instance', String(index))));
  }

  /**
   * Follows the metric files of an instance before it starts.
   * @param outputs the instance's folder.
   * @throws Error if another instance has put something at the path of a file.
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
          // Removes a file that was created only to be followed; a file that the instance has put there stays.
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
