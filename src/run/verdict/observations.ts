import { isChatter } from '../../outputs/sdk-events.ts';
import { endingKinds, type FaultKind } from '../../plan/fault/fault.ts';
import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import { describeWaiting, type Waiting } from '../../sync/describe-waiting.ts';
import { truncate } from '../../util/truncate.ts';
import type { Ending } from '../events/ending.ts';
import type { RunEvent } from '../events/events.ts';

/**
 * The observations of one instance. Keeps only the first of repeated events and counts the rest, so memory does not
 * grow with output.
 */
export interface Observations {
  readonly instance: InstanceId;
  /** Why it never started. */
  neverStarted: string | undefined;
  /** Whether a person starts it. */
  byHand: boolean;
  /** Whether it printed an SDK event, or an SDK connected to the sync service. */
  sdkSeen: boolean;
  succeeded: boolean;
  failures: number;
  firstFailure: string | undefined;
  crashes: number;
  firstCrash: string | undefined;
  lastOutput: string | undefined;
  /** The error on stderr: the last line that names one, else the last line. */
  errorText: string | undefined;
  namesError: boolean;
  /** Where that line begins in stderr, in bytes; undefined unless it names an error. */
  errorOffset: number | undefined;
  /** When it first reported a failure, otherwise when it ended, in ms since the run began. */
  failedAtMs: number | undefined;
  /** Where the event of its first failure begins in its output, in bytes; undefined if it printed none. */
  failureOffset: number | undefined;
  /** Whether its end is known. */
  exited: boolean;
  code: number | null;
  signal: NodeJS.Signals | null;
  ending: Ending;
  /** The fault that was to end it, if it has not been started again since. */
  endedBy: { readonly kind: FaultKind; readonly text: string } | undefined;
  /** The last fault that has paused it, as text. */
  pausedBy: string | undefined;
  /** How many processes the kernel's OOM killer had killed by then. */
  oomKills: number;
  outputProblem: string | undefined;
  /** Why the run was abandoned, if this instance was waiting at that time. */
  abandonReason: string | undefined;
  /** Whether it was suspended (SIGSTOP) when it ended. */
  suspended: boolean;
  /** What it was waiting for when it ended, as text. */
  waitingFor: string | undefined;
}

/** The observations of every instance of a run, collected from the run's events. */
export class ObservationStore {
  readonly #facts = new Map<string, Observations>();

  of(instance: InstanceId): Observations {
    const tag = instanceTag(instance);
    const known = this.#facts.get(tag);
    if (known !== undefined) return known;
    const blank = blankFacts(instance);
    this.#facts.set(tag, blank);
    return blank;
  }

  /** Updates the observations from an event; ignores events that are not about an instance. */
  learn(event: RunEvent): void {
    switch (event.type) {
      case 'instance-not-started':
        Object.assign(this.of(event.instance), { neverStarted: event.reason, ending: event.ending });
        break;
      case 'instance-held':
        this.of(event.instance).byHand = true;
        break;
      case 'line':
        learnLine(this.of(event.instance), event);
        break;
      case 'fault':
        if (event.did === 'inject')
          for (const instance of event.instances) learnFault(this.of(instance), event);
        break;
      case 'instance-restarted':
        this.of(event.instance).endedBy = undefined;
        break;
      case 'abandoned':
        for (const instance of event.instances) {
          const facts = this.of(instance);
          // An instance that has already failed keeps its failure.
          if (facts.failures + facts.crashes === 0) facts.abandonReason = event.why;
        }
        break;
      case 'instance-exited': {
        const facts = this.of(event.instance);
        facts.exited = true;
        facts.failedAtMs ??= event.elapsedMs;
        facts.code = event.code;
        facts.signal = event.signal;
        facts.ending = event.ending;
        facts.suspended = event.suspended;
        facts.oomKills = event.oomKills;
        facts.outputProblem = event.outputProblem;
        facts.sdkSeen ||= event.connected;
        facts.waitingFor = waitingText(event.waiting);
        break;
      }
    }
  }
}

/** At most this many barriers and topics are named. */
const maxWaits = 10;

function waitingText(waiting: readonly Waiting[]): string | undefined {
  const named = waiting.slice(0, maxWaits).map(describeWaiting);
  const left = waiting.length - named.length;
  const parts = left > 0 ? [...named, `and at ${left} more barriers and topics`] : named;
  return parts.join(', ') || undefined;
}

function blankFacts(instance: InstanceId): Observations {
  return {
    instance,
    neverStarted: undefined,
    byHand: false,
    sdkSeen: false,
    succeeded: false,
    failures: 0,
    firstFailure: undefined,
    crashes: 0,
    firstCrash: undefined,
    lastOutput: undefined,
    errorText: undefined,
    namesError: false,
    errorOffset: undefined,
    failedAtMs: undefined,
    failureOffset: undefined,
    exited: false,
    code: null,
    signal: null,
    ending: 'by-itself',
    endedBy: undefined,
    pausedBy: undefined,
    oomKills: 0,
    outputProblem: undefined,
    abandonReason: undefined,
    suspended: false,
    waitingFor: undefined,
  };
}

function learnFault(
  facts: Observations,
  { kind, text }: { readonly kind: FaultKind; readonly text: string },
): void {
  if (kind === 'pause') facts.pausedBy = text;
  else if (endingKinds.includes(kind) && !facts.exited) facts.endedBy ??= { kind, text };
}

function learnLine(
  facts: Observations,
  { stream, text, event, offset, elapsedMs }: Extract<RunEvent, { type: 'line' }>,
): void {
  if (stream === 'stderr') {
    learnError(facts, text, offset);
    return;
  }
  if (event === undefined) {
    facts.lastOutput = truncate(text, 300);
    return;
  }
  facts.sdkSeen = true;
  if (event.type === 'message' && !isChatter(event)) facts.lastOutput = truncate(event.message, 300);
  if (event.type === 'success') facts.succeeded = true;
  if (event.type === 'failure' || event.type === 'crash') {
    facts.failedAtMs ??= elapsedMs;
    facts.failureOffset ??= offset;
  }
  if (event.type === 'failure') {
    facts.failures++;
    facts.firstFailure ??= truncate(event.error, 2_000);
  }
  if (event.type === 'crash') {
    facts.crashes++;
    facts.firstCrash ??= truncate(event.error, 2_000);
  }
}

/** What Node prints around an uncaught error, and the frames of its stack. */
const aboutTheError = /^\s*(Emitted 'error' event|throw er; \/\/ Unhandled 'error' event|at )/;
/** The first line of what Go prints when it crashes. The stacks of all goroutines may follow. */
const goCrash = /^(panic|fatal error): /;

/** The last lines of a traceback say little; the line with the error's name is kept. */
const errorName = /\b\w*(error|exception|panic|panicked|fatal)\b/i;

function learnError(facts: Observations, text: string, offset: number): void {
  const trimmed = text.trim();
  if (trimmed === '' || (facts.errorText !== undefined && goCrash.test(facts.errorText))) return;
  // Rust: `panicked at src/main.rs:1:2:`, with the message on the next line.
  if (facts.errorText?.endsWith(':') && facts.namesError && !facts.errorText.includes('\n')) {
    facts.errorText = truncate(`${facts.errorText} ${trimmed}`, 300);
    return;
  }
  const names = errorName.test(text) && !aboutTheError.test(text);
  if (facts.namesError && !names) return;
  facts.namesError = names;
  facts.errorOffset = names ? offset : undefined;
  facts.errorText = truncate(trimmed, 300);
}
