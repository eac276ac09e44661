import type { InstanceOutcome } from '../verdict/outcomes.ts';
import type { RunEvent } from './events.ts';

/** The classes of instance lines, which scripts rely on. */
export type LineClass =
  | 'START'
  | 'OK'
  | 'FAIL'
  | 'CRASH'
  | 'INCOMPLETE'
  | 'MESSAGE'
  | 'METRIC'
  | 'OTHER'
  | 'ERROR';

/** The class and text to show for a line of output; undefined for events that are not shown (stages). */
export function classify(line: Extract<RunEvent, { type: 'line' }>): [LineClass, string] | undefined {
  if (line.stream === 'stderr') return ['ERROR', line.text];
  const { event } = line;
  if (event === undefined) return ['OTHER', line.text];
  switch (event.type) {
    case 'start':
      return ['START', JSON.stringify(event.runenv)];
    case 'message':
      return ['MESSAGE', event.message];
    case 'success':
      return ['OK', ''];
    case 'failure':
      return ['FAIL', event.error];
    case 'crash':
      return ['CRASH', event.stacktrace === '' ? event.error : `${event.error}\n${event.stacktrace}`];
    case 'metric':
      return ['METRIC', JSON.stringify(event.metric)];
    default:
      return undefined;
  }
}

/** The class of the line that shows an instance's verdict if the instance did not report its end itself. */
export function classOf(outcome: InstanceOutcome): LineClass {
  switch (outcome) {
    case 'success':
    case 'faulted':
      return 'OK';
    case 'failed':
      return 'FAIL';
    case 'crashed':
      return 'CRASH';
    default:
      return 'INCOMPLETE';
  }
}
