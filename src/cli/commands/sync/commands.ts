import { isUtf8 } from 'node:buffer';
import { buffer } from 'node:stream/consumers';
import { type Event, printEvent } from '../../../sdk/event-log.ts';
import { type Response, runEventsKey } from '../../../sync/protocol.ts';
import { TgError } from '../../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../../util/exit-codes.ts';
import { printData, printPieces, sayAside } from '../../output/say.ts';
import { stdoutGone } from '../../output/stream-errors.ts';
import { keyOfState, keyOfTopic, type SyncContext, syncContextOf, targetOf } from './context.ts';
import { type EventName, eventOf, isPublished } from './event.ts';
import { exchange } from './exchange.ts';
import { payloadOf, shownPayload } from './payload.ts';
import { timeoutSignalOf } from './timeout-signal.ts';

/** The options common to all commands of `tg sync`. */
interface WaitOptions {
  /** The timeout as a Go duration; default: the duration of the run. */
  readonly timeout?: string;
}

export interface SignalOptions extends WaitOptions {
  /** Also waits until the number of entries equals the number of instances. */
  readonly wait?: true;
  /** Also waits for this number of entries. */
  readonly target?: string;
}

export interface PublishOptions extends WaitOptions {
  readonly json?: boolean;
}

export interface SubscribeOptions extends PublishOptions {
  readonly count?: number;
}

/** `tg sync signal <state>`: signals a state and prints the sequence number of the entry. */
export async function signal(state: string, options: SignalOptions): Promise<ExitCode> {
  const context = syncContextOf(process.env);
  const { wait = options.target !== undefined, timeout } = options;
  const key = keyOfState(context, state);
  const target = wait ? targetOf(options.target, context.params) : undefined;
  return await within(timeout, async (signal) => {
    const answer = await ask(context, `"signal_entry":${JSON.stringify({ state: key })}`, signal);
    printData(`${answer.signal_entry?.seq}\n`);
    if (target !== undefined) await enter(context, key, target, signal);
  });
}

/** `tg sync barrier <state> [target]`: waits until the state has this number of entries. */
export async function barrier(
  state: string,
  asked: string | undefined,
  { timeout }: WaitOptions,
): Promise<ExitCode> {
  const context = syncContextOf(process.env);
  const key = keyOfState(context, state);
  const target = targetOf(asked, context.params);
  return await within(timeout, (signal) => enter(context, key, target, signal));
}

/** `tg sync publish <topic> <message>`: publishes a message and prints its sequence number. */
export async function publish(
  topic: string,
  message: string,
  { json = false, timeout }: PublishOptions,
): Promise<ExitCode> {
  const context = syncContextOf(process.env);
  const key = keyOfTopic(context, topic);
  const payload = payloadOf(message === '-' ? await lastLineEndCut(process.stdin) : message, json);
  return await within(timeout, async (signal) => {
    const answer = await publishTo(context, key, payload, signal);
    printData(`${answer.publish?.seq}\n`);
  });
}

/** `tg sync subscribe <topic>`: prints all messages of a topic from the first, one per line, as they arrive. */
export async function subscribe(
  topic: string,
  { json = false, count = Number.POSITIVE_INFINITY, timeout }: SubscribeOptions,
): Promise<ExitCode> {
  const context = syncContextOf(process.env);
  const request = `"subscribe":${JSON.stringify({ topic: keyOfTopic(context, topic) })}`;
  return await within(timeout, async (signal) => {
    const end = AbortSignal.any([signal, stdoutGone]);
    async function* lines() {
      let left = count;
      for await (const answer of answersTo(context, request, end)) {
        yield `${json ? answer.subscribe : shownPayload(answer.subscribe)}\n`;
        if (--left === 0) return;
      }
    }
    await printPieces(lines(), end).catch((error: unknown) => {
      // The reader of stdout may close it before the end.
      if (!stdoutGone.aborted) throw error;
    });
  });
}

/**
 * `tg sync event <type> [text]`: prints an event in the format of the SDKs, and publishes it for the other
 * instances.
 */
export async function event(
  name: EventName,
  text: string | undefined,
  { timeout }: WaitOptions,
): Promise<ExitCode> {
  const context = syncContextOf(process.env);
  const { testGroupId, testRun } = context.params;
  const its: Event = eventOf(name, text, context.params);
  printEvent(its, testGroupId, testRun);
  if (!isPublished(name)) return exitCodes.success;
  return await within(timeout, async (signal) => {
    await publishTo(context, runEventsKey(context.scope), JSON.stringify(its), signal);
  });
}

async function enter(
  context: SyncContext,
  state: string,
  target: number,
  signal: AbortSignal,
): Promise<void> {
  await ask(context, `"barrier":${JSON.stringify({ state, target })}`, signal);
}

async function publishTo(
  context: SyncContext,
  topic: string,
  payload: string,
  signal: AbortSignal,
): Promise<Response> {
  return await ask(context, `"publish":{"topic":${JSON.stringify(topic)},"payload":${payload}}`, signal);
}

/** Returns the first response to a request. */
async function ask(context: SyncContext, operation: string, signal: AbortSignal): Promise<Response> {
  for await (const answer of answersTo(context, operation, signal)) return answer;
  throw new Error('an exchange ends with an error only');
}

/** @throws Refused for an error response. */
async function* answersTo({ address }: SyncContext, operation: string, signal: AbortSignal) {
  for await (const answer of exchange(address, `{"id":"0",${operation}}`, signal)) {
    if (answer.error) throw new Refused(answer.error);
    yield answer;
  }
}

/** The sync service responded with an error. */
class Refused extends Error {}

/** Runs an operation with a timeout. */
async function within(
  timeout: string | undefined,
  task: (signal: AbortSignal) => Promise<void>,
): Promise<ExitCode> {
  using limit = timeoutSignalOf(timeout);
  try {
    await task(limit.signal);
    return exitCodes.success;
  } catch (error) {
    if (error instanceof Refused) {
      sayAside(`error: ${error.message}\n`);
      return exitCodes.runFailed;
    }
    if (!limit.signal.aborted) throw error;
    sayAside(`error: timed out after ${timeout}\n`);
    return exitCodes.timedOut;
  }
}

/**
 * Reads stdin without the trailing line end that a shell's `echo` adds.
 * @throws TgError (usage) if the bytes are not valid text, as messages must be.
 */
async function lastLineEndCut(stdin: NodeJS.ReadStream): Promise<string> {
  const bytes = await buffer(stdin);
  if (isUtf8(bytes)) return bytes.toString('utf8').replace(/\r?\n$/, '');
  throw new TgError('usage', 'the message is not UTF-8, so it would not arrive unchanged', {
    where: 'stdin',
    hint: 'Encode it, for instance: base64 | tg sync publish TOPIC -',
  });
}
