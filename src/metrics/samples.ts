import { join } from 'node:path';
import { InstanceMasks } from '../outputs/instance-masks.ts';
import { runFiles } from '../outputs/layout.ts';
import { whatIsAt } from '../outputs/untrusted-file.ts';
import { messageOf, TgError } from '../util/errors.ts';
import { readParquet } from './parquet.ts';
import { type Reading, readMetrics } from './read-run.ts';
import { pushedAs, type Sample } from './sample.ts';

/** A run whose metrics are wanted. */
export interface MeasuredRun {
  /** The folder of its outputs. */
  readonly dir: string;
  readonly plan: string;
  readonly case: string;
}

/**
 * All that a run has measured so far: from its index where it has one, otherwise from what its instances have written, with
 * secrets masked as far as an SDK's start event tells them.
 * @param onUnread is told what of a file could not be read, now or when the index was made.
 * @param signal ends it, with its reason.
 * @throws TgError (collect) for an index that turns out to be damaged.
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
          hint: 'Remove it: the files of the instances are read then.',
        });
      onUnread(
        `${runFiles.metrics} is damaged, so that the files of the instances are read: ${messageOf(error)}`,
      );
    }
  }
  const masks = new InstanceMasks(dir);
  for await (const some of readMetrics(dir, { plan: pushedAs(plan, testCase), onUnread, signal })) {
    const [first] = some;
    const mask = first === undefined ? undefined : await masks.ofInstance(first.group, first.instance);
    yield mask === undefined
      ? some
      : some.map((sample) => ({ ...sample, name: mask.text(sample.name), tags: mask.text(sample.tags) }));
  }
}
