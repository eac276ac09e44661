import { nowMs } from '../../os/clock.ts';
import { type Collected, type CollectRequest, collectRun } from '../../outputs/archive/collect.ts';
import type { Reporter } from './reporter.ts';

/** Packs the outputs of a run and shows the progress. @throws TgError (collect), see `collectRun`. */
export async function collectWatched(
  request: CollectRequest,
  { onCollecting = () => {} }: Pick<Reporter, 'onCollecting'>,
): Promise<Collected> {
  const began = nowMs();
  let bytes = 0;
  const onPacked = (more: number) => {
    bytes += more;
    onCollecting({ bytes, began });
  };
  onPacked(0);
  try {
    return await collectRun({ ...request, onPacked });
  } finally {
    onCollecting(undefined);
  }
}
