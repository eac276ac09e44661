import type { Event } from '../../../sdk/event-log.ts';
import { type RunParams, startEventOf } from '../../../sdk/run-params.ts';
import { TgError } from '../../../util/errors.ts';

/** The events that `tg sync event` can print, and whether they take a text. */
const textOf = {
  start: 'none',
  message: 'needed',
  success: 'none',
  failure: 'needed',
  crash: 'needed',
  'stage-start': 'needed',
  'stage-end': 'needed',
} as const;

export type EventName = keyof typeof textOf;

export const eventNames = Object.keys(textOf) as EventName[];

/**
 * Returns the event of the given name.
 * @param message a message, an error, or the name of a stage.
 * @throws TgError (usage) if the text is missing or not allowed.
 */
export function eventOf(name: EventName, message: string | undefined, params: RunParams): Event {
  if (textOf[name] === 'none' && message !== undefined) {
    throw new TgError('usage', `the event ${name} takes no text`, {
      hint: `To print a text, use: tg sync event message ${JSON.stringify(message)}`,
    });
  }
  if (textOf[name] === 'needed' && message === undefined) {
    throw new TgError('usage', `the event ${name} needs a text`, {
      hint: `Quote it as one argument: tg sync event ${name} "the text"`,
    });
  }
  const [text = '', group] = [message, params.testGroupId];
  switch (name) {
    case 'start':
      return { start_event: { runenv: startEventOf(params) } };
    case 'message':
      return { message_event: { message: text } };
    case 'success':
      return { success_event: { group } };
    case 'failure':
      return { failure_event: { group, error: text } };
    case 'crash':
      return { crash_event: { group, error: text, stacktrace: '' } };
    case 'stage-start':
      return { stage_start_event: { name: text, group } };
    case 'stage-end':
      return { stage_end_event: { name: text, group } };
  }
}

/** Whether SDKs also publish this event; messages are only printed. */
export function isPublished(name: EventName): boolean {
  return name !== 'message';
}
