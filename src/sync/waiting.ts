import { nameOfState, nameOfTopic } from './protocol.ts';

/** What a client waits for, for telling people where a run stands. */
export type Waiting =
  | {
      readonly kind: 'barrier';
      readonly state: string;
      /** Undefined where only the client knows it: old SDKs poll the count. */
      readonly target: number | undefined;
      readonly count: number;
      /** For how long by now, in ms. */
      readonly forMs: number;
      /** How long ago, in ms, an old SDK looked last; undefined where the service itself knows who waits. */
      readonly polledMs?: number;
    }
  | {
      readonly kind: 'topic';
      readonly topic: string;
      /** How many messages the topic holds. */
      readonly messages: number;
      readonly forMs: number;
    };

/** What somebody waits for, in words. */
export function describeWaiting(waiting: Waiting): string {
  if (waiting.kind === 'topic') return `subscribed to "${nameOfTopic(waiting.topic)}"`;
  const count =
    waiting.target === undefined ? `${waiting.count} so far` : `${waiting.count} of ${waiting.target}`;
  return `at barrier "${nameOfState(waiting.state)}" (${count})`;
}
