import type { Mask } from '../outputs/mask.ts';
import type { SdkEvent } from '../outputs/sdk-events.ts';
import { withoutSecrets } from '../plan/secrets.ts';
import type { RunEvent } from './events.ts';
import type { RunResult } from './result.ts';
import type { Standing } from './standstill/standing.ts';

type LineEvent = Extract<RunEvent, { type: 'line' }>;

/**
 * An event as it may be seen: secrets are masked in what people write and plans say, and nowhere else, so that no value
 * changes what an event is.
 */
export function maskedEvent(event: RunEvent, mask: Mask): RunEvent {
  if (mask.isEmpty) return event;
  const text = (words: string) => mask.text(words);
  switch (event.type) {
    case 'notice': {
      const fields = event.fields === undefined ? {} : { fields: mask.data(event.fields) };
      return { ...event, text: text(event.text), ...fields };
    }
    case 'run-queued':
    case 'run-started': {
      const spec = withoutSecrets(event.spec);
      return { ...event, spec: { ...spec, notes: spec.notes.map(text) } };
    }
    case 'line':
      return maskedLine(event, mask);
    case 'instance-not-started':
      return { ...event, reason: text(event.reason) };
    case 'instance-exited':
      return {
        ...event,
        outputProblem: event.outputProblem && text(event.outputProblem),
        waiting: mask.data(event.waiting),
      };
    case 'network-configured':
      return { ...event, notApplied: event.notApplied.map(text) };
    case 'stalled':
      return { ...event, standing: maskedStanding(event.standing, mask) };
    case 'given-up':
      return { ...event, why: text(event.why) };
    case 'stopping':
      return { ...event, stop: { ...event.stop, why: text(event.stop.why) } };
    case 'run-ended':
      return { ...event, result: maskedResult(event.result, mask) };
    default:
      return event;
  }
}

/** A line as it may be seen. */
export function maskedLine(line: LineEvent, mask: Mask): LineEvent {
  if (mask.isEmpty) return line;
  return { ...line, text: mask.text(line.text), event: line.event && maskedSdkEvent(line.event, mask) };
}

function maskedSdkEvent(event: SdkEvent, mask: Mask): SdkEvent {
  switch (event.type) {
    case 'start':
      return { ...event, runenv: mask.data(event.runenv) };
    case 'message':
      return { ...event, message: mask.text(event.message) };
    case 'failure':
      return { ...event, error: mask.text(event.error) };
    case 'crash':
      return { ...event, error: mask.text(event.error), stacktrace: mask.text(event.stacktrace) };
    case 'stage-start':
    case 'stage-end':
      return { ...event, name: mask.text(event.name) };
    case 'metric':
      return { ...event, metric: mask.data(event.metric) };
    default:
      return event;
  }
}

function maskedStanding(standing: Standing, mask: Mask): Standing {
  const described = <T extends { readonly words: string }>(one: T) => ({
    ...one,
    words: mask.text(one.words),
  });
  return {
    ...standing,
    busy: standing.busy.map(described),
    waits: standing.waits.map((wait) => ({
      ...wait,
      name: mask.text(wait.name),
      absent: wait.absent.map(described),
    })),
  };
}

/** A result as it may be seen. */
export function maskedResult(result: RunResult, mask: Mask): RunResult {
  if (mask.isEmpty) return result;
  const { error, stopped, groups } = result;
  return {
    ...result,
    error: error === null ? null : mask.text(error),
    stopped: stopped === null ? null : { ...stopped, why: mask.text(stopped.why) },
    groups: groups.map((group) => ({
      ...group,
      instances: group.instances.map((verdict) => ({ ...verdict, reason: mask.text(verdict.reason) })),
    })),
  };
}
