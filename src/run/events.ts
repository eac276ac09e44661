import type { SdkEvent } from '../outputs/sdk-events.ts';
import type { RunSpec } from '../plan/run-spec.ts';
import type { Waiting } from '../sync/waiting.ts';
import type { RunResult } from './result.ts';

/** Which instance: its group and its number in it, from 0. */
export interface InstanceId {
  readonly group: string;
  readonly index: number;
}

/** `single[003]`, as people and scripts know an instance. */
export function instanceTag({ group, index }: InstanceId): string {
  return `${group}[${String(index).padStart(3, '0')}]`;
}

/** Why an instance ended, as far as it is tg's doing. */
export type Ending = 'by-itself' | 'timeout' | 'canceled' | 'store-lost' | 'refused' | 'no-longer-needed';

/** Why tg ends a run before all instances have ended by themselves. */
export interface Stop {
  readonly ending: Exclude<Ending, 'by-itself'>;
  /** In words, for people. */
  readonly why: string;
}

/** Everything that happens in a run, in order. Verdicts, the journal and what a person sees all come from these. */
export type RunEvent =
  | {
      readonly type: 'notice';
      readonly level: 'INFO' | 'WARN';
      readonly text: string;
      readonly fields?: object;
    }
  | { readonly type: 'run-queued'; readonly spec: RunSpec; readonly runDir: string }
  | { readonly type: 'run-started'; readonly spec: RunSpec; readonly runDir: string; readonly sync: string }
  | { readonly type: 'instance-started'; readonly instance: InstanceId; readonly pid: number }
  | {
      /** It waits for somebody to start it by hand. */
      readonly type: 'instance-held';
      readonly instance: InstanceId;
      /** A script that starts it, and one that a shell reads to have its environment. */
      readonly script: string;
      readonly environment: string;
      readonly command: readonly string[];
    }
  | {
      readonly type: 'instance-not-started';
      readonly instance: InstanceId;
      readonly reason: string;
      readonly ending: Ending;
    }
  | {
      readonly type: 'line';
      readonly instance: InstanceId;
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
      readonly event: SdkEvent | undefined;
      /** Milliseconds since the run began, and since the epoch. */
      readonly elapsedMs: number;
      readonly at: number;
    }
  | {
      readonly type: 'instance-exited';
      readonly instance: InstanceId;
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
      readonly ending: Ending;
      /** What is wrong with its captured output, if anything is. */
      readonly outputProblem: string | undefined;
      /** Whether it ever connected to the sync service. */
      readonly connected: boolean;
      /** What it waited for when it was ended. */
      readonly waiting: readonly Waiting[];
      readonly elapsedMs: number;
    }
  | {
      readonly type: 'network-configured';
      /** Undefined where only the name of this machine tells who asked. */
      readonly instance: InstanceId | undefined;
      /** What was asked for and is not there, in words; empty for a network that is simply there. */
      readonly notApplied: readonly string[];
      /** Whether the run is ended for it. */
      readonly refused: boolean;
    }
  | { readonly type: 'stopping'; readonly stop: Stop }
  | { readonly type: 'run-ended'; readonly result: RunResult };

/** Takes events as they happen. */
export type Emit = (event: RunEvent) => void;
