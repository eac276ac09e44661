import type { InstanceOutcome } from '../verdict/outcome.ts';
import type { RunEvent } from './events.ts';

/** The classes of instance lines, as scripts know them. */
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

/** How a line of output is shown: its class and its text; undefined for what is not (stages). */
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

/** How the line looks that says the verdict on an instance which did not say itself how it ended. */
export function classOf(outcome: InstanceOutcome): LineClass {
  switch (outcome) {
    case 'success':
      return 'OK';
    case 'failed':
      return 'FAIL';
    case 'crashed':
      return 'CRASH';
    default:
      return 'INCOMPLETE';
  }
}
