import { z } from 'zod';

/** What an SDK prints on a line of run.out, in either form, as one type. */
export type SdkEvent =
  | { readonly type: 'start'; readonly runenv: unknown }
  | { readonly type: 'message'; readonly message: string }
  | { readonly type: 'success' }
  | { readonly type: 'failure'; readonly error: string }
  | { readonly type: 'crash'; readonly error: string; readonly stacktrace: string }
  | { readonly type: 'stage-start'; readonly name: string }
  | { readonly type: 'stage-end'; readonly name: string }
  | { readonly type: 'metric'; readonly metric: unknown };

/** An event with the time its SDK gave it, in milliseconds since the epoch. */
export interface EventLine {
  readonly at: number | undefined;
  readonly event: SdkEvent;
}

const text = z.string().catch('');

/** The form now in use: one key each. */
const keyedForm = z.union([
  z
    .object({ start_event: z.object({ runenv: z.unknown() }) })
    .transform(({ start_event: { runenv } }): SdkEvent => ({ type: 'start', runenv })),
  z
    .object({ message_event: z.object({ message: text }) })
    .transform(({ message_event: { message } }): SdkEvent => ({ type: 'message', message })),
  z.object({ success_event: z.unknown() }).transform((): SdkEvent => ({ type: 'success' })),
  z
    .object({ failure_event: z.object({ error: text }) })
    .transform(({ failure_event: { error } }): SdkEvent => ({ type: 'failure', error })),
  z
    .object({ crash_event: z.object({ error: text, stacktrace: text }) })
    .transform(({ crash_event }): SdkEvent => ({ type: 'crash', ...crash_event })),
  z
    .object({ stage_start_event: z.object({ name: text }) })
    .transform(({ stage_start_event: { name } }): SdkEvent => ({ type: 'stage-start', name })),
  z
    .object({ stage_end_event: z.object({ name: text }) })
    .transform(({ stage_end_event: { name } }): SdkEvent => ({ type: 'stage-end', name })),
]);

/** The older form (sdk-go 0.2.1 to 0.2.3): a type, and fields beside it. */
const typedForm = z
  .object({
    type: z.string(),
    outcome: text,
    error: text,
    stacktrace: text,
    message: text,
    name: text,
    runenv: z.unknown().optional(),
    metric: z.unknown().optional(),
  })
  .transform(({ type, outcome, error, stacktrace, message, name, runenv, metric }, context): SdkEvent => {
    switch (type) {
      case 'start':
        return { type: 'start', runenv };
      case 'message':
        return { type: 'message', message };
      case 'metric':
        return { type: 'metric', metric };
      case 'stage_start':
        return { type: 'stage-start', name };
      case 'stage_end':
        return { type: 'stage-end', name };
      case 'finish':
        if (outcome === 'ok') return { type: 'success' };
        if (outcome === 'crashed') return { type: 'crash', error, stacktrace };
        return { type: 'failure', error: error || outcome };
      default:
        context.addIssue({ code: 'custom', message: `unknown event type ${type}` });
        return z.NEVER;
    }
  });

const lineSchema = z.object({
  ts: z.number().optional().catch(undefined),
  event: z.union([keyedForm, typedForm]),
});

/** The event on a line of output, or undefined for a line that is none. */
export function readEventLine(line: string): EventLine | undefined {
  if (!line.startsWith('{') || !line.includes('"event"')) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  const checked = lineSchema.safeParse(json);
  if (!checked.success) return undefined;
  const { ts, event } = checked.data;
  return { at: ts === undefined ? undefined : ts / 1e6, event };
}

const unfinished = /^\{.*?"event"\s*:\s*\{\s*"(success|failure|crash)_event"/s;

/**
 * What the beginning of a line that is too long to be held tells of its event: how it ended matters too much to be
 * given up for the length of an error.
 */
export function readEventHead(head: string): EventLine | undefined {
  const kind = unfinished.exec(head)?.[1];
  if (kind === 'success') return { at: undefined, event: { type: 'success' } };
  const error = `${head.slice(0, 2_000)}… (a very long line: see run.out)`;
  if (kind === 'failure') return { at: undefined, event: { type: 'failure', error } };
  if (kind === 'crash') return { at: undefined, event: { type: 'crash', error, stacktrace: '' } };
  return undefined;
}
