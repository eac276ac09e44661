import { msBetween, nowMs } from '../../os/clock.ts';
import { readEventHead, readEventLine } from '../../outputs/sdk-events.ts';
import type { Line } from '../../outputs/tail.ts';
import type { InstanceId } from '../instance/instance-id.ts';
import type { RunEvent } from './events.ts';

/**
 * A line of an instance's output as an event.
 * @param began when the run began, in ms since the epoch.
 * @param seenAt when it was seen, where it says no time of its own; now where nothing is said.
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
  return { type: 'line', instance, stream, text, event: found?.event, elapsedMs, at };
}

const day = 24 * 60 * 60 * 1_000;

/** A time that an instance says, where it can be that of this run: a plan may print anything. */
function believable(at: number | undefined, began: number): number | undefined {
  return at !== undefined && at > began - day && at < nowMs() + day ? at : undefined;
}
