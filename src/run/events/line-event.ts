import { msBetween, nowMs } from '../../os/clock.ts';
import { readEventHead, readEventLine } from '../../outputs/sdk-events.ts';
import type { Line } from '../../outputs/tail.ts';
import type { InstanceId } from '../../plan/instance-id.ts';
import type { RunEvent } from './events.ts';

/**
 * Converts a line of an instance's output to an event.
 * @param began when the run began, in ms since the epoch.
 * @param seenAt the time for a line without one of its own, in ms since the epoch; now by default.
 */
export function lineEvent(
  instance: InstanceId,
  stream: 'stdout' | 'stderr',
  line: Line,
  began: number,
  seenAt = nowMs(),
): Extract<RunEvent, { type: 'line' }> {
  const said = line.bytes.toString('utf8');
  const found = stream === 'stdout' ? (line.whole ? readEventLine : readEventHead)(said) : undefined;
  const text = line.whole ? said : `${said}…`;
  const at = believable(found?.at, began) ?? seenAt;
  const elapsedMs = msBetween(began, at);
  const { offset } = line;
  return { type: 'line', instance, stream, text, event: found?.event, offset, elapsedMs, at };
}

const day = 24 * 60 * 60 * 1_000;

/** An instance's own time if it is plausible for this run: a plan may print anything. */
function believable(at: number | undefined, began: number): number | undefined {
  return at !== undefined && at > began - day && at < nowMs() + day ? at : undefined;
}
