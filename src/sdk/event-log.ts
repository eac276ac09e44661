import { nowNs } from './clock.ts';

/** An event in the current format: one key. */
export type Event =
  | { start_event: { runenv: Record<string, unknown> } }
  | { message_event: { message: string } }
  | { success_event: { group: string } }
  | { failure_event: { group: string; error: string } }
  | { crash_event: { group: string; error: string; stacktrace: string } }
  | { stage_start_event: { name: string; group: string } }
  | { stage_end_event: { name: string; group: string } };

/**
 * Prints an event as a line of run.out. tg captures stdout, so the event is not written anywhere else. The format
 * is the Go SDK's: `{"ts":…,"msg":"","group_id":…,"run_id":…,"event":{…}}`.
 */
export function printEvent(event: Event, group: string, run: string): void {
  const rest = JSON.stringify({ msg: '', group_id: group, run_id: run, event });
  // The time has more digits than a JavaScript number can hold.
  process.stdout.write(`{"ts":${nowNs()},${rest.slice(1)}\n`);
}
