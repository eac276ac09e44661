import { type Fields, isFields } from '../util/fields.ts';
import { beginningOf } from '../util/truncate.ts';

/** An event that an SDK prints on a line of run.out; one type for both forms. */
export type SdkEvent =
  | { readonly type: 'start'; readonly runenv: unknown }
  | { readonly type: 'message'; readonly message: string }
  | { readonly type: 'success' }
  | { readonly type: 'failure'; readonly error: string }
  | { readonly type: 'crash'; readonly error: string; readonly stacktrace: string }
  | { readonly type: 'stage-start'; readonly name: string }
  | { readonly type: 'stage-end'; readonly name: string }
  | { readonly type: 'metric'; readonly metric: unknown };

/** An event with the time from its SDK, in milliseconds since the epoch. */
export interface EventLine {
  readonly at: number | undefined;
  readonly event: SdkEvent;
}

/**
 * Whether an SDK repeats this by itself, independent of its plan: sdk-go before 0.3 reports each upload of its metrics,
 * every five seconds (runtime/influxdb_batch.go).
 */
export function isChatter(event: SdkEvent | undefined): boolean {
  return event?.type === 'message' && /^influxdb: (uploaded|failed to upload) \d+ points/.test(event.message);
}

const statusOfSdk =
  /^(waiting for network to initialize|network initiali[sz]ation (successful|failed|complete)|claimed sequence numbers; |registering default http handler at: |ignoring network change request; |detected data network IP: |influxdb: |io closed$)/;

/** Whether an SDK's message is about the SDK itself: its network, its sequence numbers, its uploads. */
export function isStatusOfSdk(event: SdkEvent | undefined): boolean {
  return event?.type === 'message' && statusOfSdk.test(event.message);
}

/** Parses the event on a line of output; returns undefined for any other line. */
export function readEventLine(line: string): EventLine | undefined {
  if (!line.startsWith('{') || !line.includes('"event"')) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isFields(json) || !isFields(json['event'])) return undefined;
  const event = readKeyed(json['event']) ?? readTyped(json['event']);
  if (event === undefined) return undefined;
  return { at: typeof json['ts'] === 'number' ? json['ts'] / 1e6 : undefined, event };
}

/**
 * The current form: one key for each event. If there are several, the worst counts; a failure or crash counts whatever
 * its content.
 */
function readKeyed(event: Fields): SdkEvent | undefined {
  if ('crash_event' in event) {
    const said = event['crash_event'];
    return {
      type: 'crash',
      error: errorOf(said),
      stacktrace: isFields(said) ? textOf(said['stacktrace']) : '',
    };
  }
  if ('failure_event' in event) return { type: 'failure', error: errorOf(event['failure_event']) };
  if ('success_event' in event) return { type: 'success' };
  const {
    start_event: start,
    message_event: message,
    stage_start_event: begun,
    stage_end_event: ended,
  } = event;
  if (isFields(start)) return { type: 'start', runenv: start['runenv'] };
  if (isFields(message)) return { type: 'message', message: textOf(message['message']) };
  if (isFields(begun)) return { type: 'stage-start', name: textOf(begun['name']) };
  if (isFields(ended)) return { type: 'stage-end', name: textOf(ended['name']) };
  return undefined;
}

/** The older form (sdk-go 0.2.1 to 0.2.3): a type, and fields beside it. */
function readTyped(event: Fields): SdkEvent | undefined {
  const error = textOf(event['error']);
  switch (event['type']) {
    case 'start':
      return { type: 'start', runenv: event['runenv'] };
    case 'message':
      return { type: 'message', message: textOf(event['message']) };
    case 'metric':
      return { type: 'metric', metric: event['metric'] };
    case 'stage_start':
      return { type: 'stage-start', name: textOf(event['name']) };
    case 'stage_end':
      return { type: 'stage-end', name: textOf(event['name']) };
    case 'finish':
      if (event['outcome'] === 'ok') return { type: 'success' };
      if (event['outcome'] === 'crashed')
        return { type: 'crash', error, stacktrace: textOf(event['stacktrace']) };
      return { type: 'failure', error: error || textOf(event['outcome']) };
    default:
      return undefined;
  }
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The error of a failure or crash; all of its content if it has another shape. */
function errorOf(said: unknown): string {
  return isFields(said) && 'error' in said ? textOf(said['error']) : textOf(said);
}

const unfinished = /^\{.*?"event"\s*:\s*\{\s*"(success|failure|crash)_event"/s;
/** The older form. */
const unfinishedTyped = /^\{.*?"event"\s*:\s*\{\s*"type"\s*:\s*"finish"\s*,\s*"outcome"\s*:\s*"(\w+)"/s;
const kindOfOutcome: Readonly<Record<string, string>> = { ok: 'success', crashed: 'crash' };

/** Parses the beginning of an event that is too long to be buffered: a long error must not hide the outcome. */
export function readEventHead(head: string): EventLine | undefined {
  const outcome = unfinishedTyped.exec(head)?.[1];
  const kind =
    unfinished.exec(head)?.[1] ?? (outcome === undefined ? undefined : (kindOfOutcome[outcome] ?? 'failure'));
  if (kind === 'success') return { at: undefined, event: { type: 'success' } };
  const error = `${beginningOf(head, 2_000)}… (a very long line: see run.out)`;
  if (kind === 'failure') return { at: undefined, event: { type: 'failure', error } };
  if (kind === 'crash') return { at: undefined, event: { type: 'crash', error, stacktrace: '' } };
  return undefined;
}
