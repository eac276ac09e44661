import { nameOfState, nameOfTopic } from './protocol.ts';

/** What a client waits for, for progress output. */
export type Waiting =
  | {
      readonly kind: 'barrier';
      readonly state: string;
      /** Undefined if only the client knows it: old SDKs poll the count. */
      readonly target: number | undefined;
      readonly count: number;
      /** The time waited so far, in ms. */
      readonly forMs: number;
      /** The time since an old SDK's last poll, in ms; undefined if the service itself tracks the wait. */
      readonly polledMs?: number;
    }
  | {
      readonly kind: 'topic';
      readonly topic: string;
      /** The number of messages in the topic. */
      readonly messages: number;
      readonly forMs: number;
    };

/** Describes what a client waits for. */
export function describeWaiting(waiting: Waiting): string {
  if (waiting.kind === 'topic') return `subscribed to "${nameOfTopic(waiting.topic)}"`;
  const count =
    waiting.target === undefined ? `${waiting.count} so far` : `${waiting.count} of ${waiting.target}`;
  return `at barrier "${nameOfState(waiting.state)}" (${count})`;
}
