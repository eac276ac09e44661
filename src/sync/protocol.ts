/**
 * Wire types and keys of the sync service, shared by the server and the SDK.
 * They follow testground/sync-service (types.go) and sdk-go (sync/types.go).
 */

/** A client's request: an id and exactly one operation, or `is_cancel` with the id of an earlier request. */
export interface Request {
  id: string;
  is_cancel?: boolean;
  publish?: { topic: string; payload: unknown };
  subscribe?: { topic: string };
  barrier?: { state: string; target: number };
  signal_entry?: { state: string };
}

/** The response to a request. A satisfied barrier returns an empty error and nothing else. */
export interface Response {
  id: string;
  error: string;
  publish: { seq: number } | null;
  /** One message of a topic as JSON text; empty in other responses. */
  subscribe: string;
  signal_entry: { seq: number } | null;
}

/** The scope of a key: run, plan and test case. */
export interface Scope {
  readonly run: string;
  readonly plan: string;
  readonly testCase: string;
}

/** The prefix of every key of a run. */
export function runPrefix(run: string): string {
  return `run:${run}:`;
}

function scopePrefix({ run, plan, testCase }: Scope): string {
  return `${runPrefix(run)}plan:${plan}:case:${testCase}:`;
}

export function stateKey(scope: Scope, state: string): string {
  return `${scopePrefix(scope)}states:${state}`;
}

export function topicKey(scope: Scope, topic: string): string {
  return `${scopePrefix(scope)}topics:${topic}`;
}

/** The name that the plan uses for a state key. */
export function nameOfState(key: string): string {
  return nameIn(key, ':states:');
}

/** The name that the plan uses for a topic key. */
export function nameOfTopic(key: string): string {
  return nameIn(key, ':topics:');
}

function nameIn(key: string, before: string): string {
  const at = key.indexOf(before);
  return at === -1 ? key : key.slice(at + before.length);
}

/** Suffix of the topic key to which every SDK publishes its start, stage and end events. */
export const runEventsName = ':run_events';

export function runEventsKey(scope: Scope): string {
  return `${scopePrefix(scope).slice(0, -1)}${runEventsName}`;
}

/** Whether a key has the form of a run's key: a state, a topic, or the topic of SDK events. */
export function isRunKey(key: string): boolean {
  if (!key.startsWith('run:')) return false;
  const plan = key.indexOf(':plan:', 'run:'.length);
  const testCase = plan === -1 ? -1 : key.indexOf(':case:', plan + ':plan:'.length);
  if (testCase === -1) return false;
  const rest = key.slice(testCase + ':case:'.length);
  return rest.includes(':states:') || rest.includes(':topics:') || rest.endsWith(runEventsName);
}

/** The largest accepted payload, in bytes. (The Go client refuses to read more than 32 KiB.) */
export const maxPayloadBytes = 32 * 1024 * 1024;
/**
 * The largest accepted frame, in bytes. A larger frame closes the connection; a payload over the limit in a smaller
 * frame gets an error response.
 */
export const maxFrameBytes = 2 * maxPayloadBytes;

export const defaultHost = 'testground-sync-service';
export const defaultPort = '5050';

/**
 * The User-Agent of `tg sync` in the WebSocket handshake. It is a tool for scripts and does not count as an SDK:
 * a script reports success through its exit status.
 */
export const scriptAgent = 'tg-sync';
