import type { Mask } from '../../outputs/mask.ts';
import type { SdkEvent } from '../../outputs/sdk-events.ts';
import type { Waiting } from '../../sync/describe-waiting.ts';
import { TgError } from '../../util/errors.ts';
import type { Cause } from '../causes/cause.ts';
import type { StallSnapshot } from '../stall/stall-record.ts';
import type { RunResult } from '../verdict/result.ts';
import type { RunEvent } from './events.ts';
import { maskedSpec } from './masked-spec.ts';

type LineEvent = Extract<RunEvent, { type: 'line' }>;

/**
 * Masks secrets in an event, in what people write and plans print. The type, numbers, enumerated words (outcomes,
 * endings) and the names of plans, test cases, runs and groups stay, so that no value changes the meaning of an
 * event.
 */
export function maskedEvent(event: RunEvent, mask: Mask): RunEvent {
  // An empty secret has nothing to mask, but is still removed from the run's specification.
  if (mask.isEmpty && !('spec' in event)) return event;
  const text = (message: string) => mask.text(message);
  switch (event.type) {
    case 'notice': {
      const fields = event.fields === undefined ? {} : { fields: mask.data(event.fields) };
      return { ...event, text: text(event.text), ...fields };
    }
    case 'building':
      return { ...event, doing: event.doing && text(event.doing) };
    case 'run-queued':
      return { ...event, spec: maskedSpec(event.spec, mask) };
    case 'run-started':
      return { ...event, spec: maskedSpec(event.spec, mask), sync: text(event.sync) };
    case 'instance-held':
      return { ...event, command: event.command.map(text) };
    case 'line':
      return maskedLine(event, mask);
    case 'instance-not-started':
      return { ...event, reason: text(event.reason) };
    case 'instance-exited':
      return {
        ...event,
        outputProblem: event.outputProblem && text(event.outputProblem),
        waiting: event.waiting.map((waiting) => maskedWaiting(waiting, mask)),
      };
    case 'network-configured':
      return { ...event, applied: event.applied.map(text), notApplied: event.notApplied.map(text) };
    case 'fault':
      return event.did === 'fail'
        ? { ...event, text: text(event.text), why: text(event.why) }
        : { ...event, text: text(event.text) };
    case 'stalled':
    case 'snapshot':
      return { ...event, snapshot: maskedSnapshot(event.snapshot, mask) };
    case 'abandoned':
      return { ...event, why: text(event.why) };
    case 'stopping':
      return { ...event, stop: { ...event.stop, why: text(event.stop.why) } };
    case 'run-ended':
      return { ...event, result: maskedResult(event.result, mask) };
    case 'instance-started':
    case 'instance-restarted':
    case 'machine':
    case 'network-measured':
    case 'resumed':
      return event;
  }
}

/** Masks secrets in a line. */
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
    case 'success':
      return event;
  }
}

function maskedWaiting(waiting: Waiting, mask: Mask): Waiting {
  return waiting.kind === 'topic'
    ? { ...waiting, topic: mask.text(waiting.topic) }
    : { ...waiting, state: mask.text(waiting.state) };
}

/** Masks secrets in a stall snapshot. */
export function maskedSnapshot(snapshot: StallSnapshot, mask: Mask): StallSnapshot {
  const described = <T extends { readonly text: string }>(one: T) => ({
    ...one,
    text: mask.text(one.text),
  });
  return {
    ...snapshot,
    busy: snapshot.busy.map(described),
    waits: snapshot.waits.map((wait) => ({
      ...wait,
      name: mask.text(wait.name),
      absent: wait.absent.map(described),
    })),
  };
}

/** Masks secrets in a result. */
export function maskedResult(result: RunResult, mask: Mask): RunResult {
  if (mask.isEmpty) return result;
  const { error, stopped, network, groups, thresholds, faults, causes, consequences, attachments } = result;
  return {
    ...result,
    error: error === null ? null : mask.text(error),
    stopped: stopped === null ? null : { ...stopped, why: mask.text(stopped.why) },
    network: network === null ? null : { ...network, not_applied: maskedCounts(network.not_applied, mask) },
    groups: groups.map((group) => ({
      ...group,
      instances: group.instances.map((verdict) => ({ ...verdict, reason: mask.text(verdict.reason) })),
    })),
    attachments: attachments.map(({ name, type, ...its }) => ({
      ...its,
      name: mask.text(name),
      type: mask.text(type),
    })),
    causes: causes.map((cause) => maskedCause(cause, mask)),
    consequences: mask.text(consequences),
    faults: faults.map(({ fault, problem, ...its }) => ({
      ...its,
      fault: mask.text(fault),
      problem: problem && mask.text(problem),
    })),
    thresholds: thresholds.map((threshold) => ({
      ...threshold,
      metric: mask.text(threshold.metric),
      reason: mask.text(threshold.reason),
    })),
  };
}

function maskedCause(cause: Cause, mask: Mask): Cause {
  const { text, example, stall } = cause;
  const lines = (all: readonly string[]) => all.map((line) => mask.text(line));
  return {
    ...cause,
    text: mask.text(text),
    example: example && {
      ...example,
      reason: mask.text(example.reason),
      stack: lines(example.stack),
      source: example.source && {
        place: mask.text(example.source.place),
        text: mask.text(example.source.text),
      },
      last_lines: lines(example.last_lines),
    },
    stall: stall && maskedSnapshot(stall, mask),
  };
}

/** Masks the keys of counts; keys that differ only in a secret are merged. */
function maskedCounts(counts: Readonly<Record<string, number>>, mask: Mask): Record<string, number> {
  const masked = new Map<string, number>();
  for (const [text, count] of Object.entries(counts)) {
    const seen = mask.text(text);
    masked.set(seen, (masked.get(seen) ?? 0) + count);
  }
  return Object.fromEntries(masked);
}

/** Masks secrets in an expected error. */
export function maskedError(error: TgError, mask: Mask): TgError {
  if (mask.isEmpty) return error;
  const { kind, message, where, hint, causes, cause } = error;
  return new TgError(kind, mask.text(message), {
    where: where && mask.text(where),
    hint: hint && mask.text(hint),
    causes: causes.map((each) => maskedError(each, mask)),
    cause,
  });
}
