import { join } from 'node:path';
import { InstanceMasks } from '../outputs/instance-masks.ts';
import { runFiles } from '../outputs/layout.ts';
import { whatIsAt } from '../outputs/untrusted-file.ts';
import { messageOf, TgError } from '../util/errors.ts';
import { readParquet } from './parquet.ts';
import { type Reading, readMetrics } from './read-run.ts';
import { pushedAs, type Sample } from './sample.ts';

/** A run whose metrics are read. */
export interface MeasuredRun {
  /** The folder of its outputs. */
  readonly dir: string;
  readonly plan: string;
  readonly case: string;
}

/**
 * Yields all measurements of a run so far: from its index if it has one, otherwise from the instances' files. Secrets
 * are masked as far as an SDK's start event reveals them.
 * @param onUnread receives descriptions of what could not be read, now or when the index was built.
 * @param signal aborts, with its reason.
 * @throws TgError (collect) for a damaged index.
 */
export async function* samplesOf(
  { dir, plan, case: testCase }: MeasuredRun,
  onUnread: Reading['onUnread'],
  signal?: AbortSignal,
): AsyncGenerator<readonly Sample[]> {
  const index = join(dir, runFiles.metrics);
  if (whatIsAt(index) !== undefined) {
    let begun = false;
    try {
      for await (const some of readParquet(index, onUnread)) {
        begun = true;
        signal?.throwIfAborted();
        yield some;
      }
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (begun)
        throw new TgError('collect', `it is damaged: ${messageOf(error)}`, {
          where: index,
          hint: 'Remove it: tg then reads the files of the instances.',
        });
      onUnread(`${runFiles.metrics} is damaged, so tg reads the files of the instances: ${messageOf(error)}`);
    }
  }
  const masks = new InstanceMasks(dir);
  yield* readMetrics(dir, {
    plan: pushedAs(plan, testCase),
    onUnread,
    maskOf: async (group, instance) => await masks.ofInstance(group, instance),
    signal,
  });
}
