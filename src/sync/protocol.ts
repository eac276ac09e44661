/**
 * The sync service's wire types and keys: one truth for server and SDK.
 * As testground/sync-service (types.go) and sdk-go (sync/types.go) define them.
 */

/** A client's request: an id and exactly one of the operations, or `is_cancel` with the id of an earlier one. */
export interface Request {
  id: string;
  is_cancel?: boolean;
  publish?: { topic: string; payload: unknown };
  subscribe?: { topic: string };
  barrier?: { state: string; target: number };
  signal_entry?: { state: string };
}

/** The answer to a request. A satisfied barrier has an empty error and nothing else. */
export interface Response {
  id: string;
  error: string;
  publish: { seq: number } | null;
  /** One message of a topic, as JSON text; empty in other answers. */
  subscribe: string;
  signal_entry: { seq: number } | null;
}

/** What scopes a key: the run, its plan and its test case. */
export interface Scope {
  readonly run: string;
  readonly plan: string;
  readonly testCase: string;
}

/** What all keys of a run begin with. */
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

/** What a plan calls the state of a key. */
export function nameOfState(key: string): string {
  return nameIn(key, ':states:');
}

/** What a plan calls the topic of a key. */
export function nameOfTopic(key: string): string {
  return nameIn(key, ':topics:');
}

function nameIn(key: string, before: string): string {
  const at = key.indexOf(before);
  return at === -1 ? key : key.slice(at + before.length);
}

/** How the key of the topic ends on which every SDK publishes its start, stage and end events. */
export const runEventsName = ':run_events';

/** That key. */
export function runEventsKey(scope: Scope): string {
  return `${scopePrefix(scope).slice(0, -1)}${runEventsName}`;
}

/** Whether a key has the form of a run's: of a state, of a topic, or of the events that SDKs publish. */
export function isRunKey(key: string): boolean {
  if (!key.startsWith('run:')) return false;
  const plan = key.indexOf(':plan:', 'run:'.length);
  const testCase = plan === -1 ? -1 : key.indexOf(':case:', plan + ':plan:'.length);
  if (testCase === -1) return false;
  const rest = key.slice(testCase + ':case:'.length);
  return rest.includes(':states:') || rest.includes(':topics:') || rest.endsWith(runEventsName);
}

/** The largest payload that the service takes, in bytes. (The Go client refuses to read more than 32 KiB.) */
export const maxPayloadBytes = 32 * 1024 * 1024;
/** Whoever sends a larger frame than this, in bytes, is cut off; below it there is an answer that says why not. */
export const maxFrameBytes = 2 * maxPayloadBytes;

export const defaultHost = 'testground-sync-service';
export const defaultPort = '5050';

/**
 * How `tg sync` names itself in a WebSocket handshake (User-Agent): it is a tool of scripts, and no SDK. A script that uses it says
 * by its exit status whether it passed.
 */
export const scriptAgent = 'tg-sync';
