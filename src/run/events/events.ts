import type { ProcessId } from '../../os/process-id.ts';
import type { SdkEvent } from '../../outputs/sdk-events.ts';
import type { RunSpec } from '../../plan/run-spec.ts';
import type { Waiting } from '../../sync/waiting.ts';
import type { InstanceId } from '../instance/instance-id.ts';
import type { StallSnapshot } from '../stall/stall-record.ts';
import type { RunResult } from '../verdict/result.ts';

/** Why an instance ended, as far as it is tg's doing. */
export type Ending =
  | 'by-itself'
  | 'timeout'
  | 'canceled'
  | 'store-lost'
  | 'launcher-lost'
  | 'refused'
  | 'given-up'
  | 'disk-full'
  | 'max-output'
  | 'no-longer-needed';

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
  | {
      /** A build goes on that has taken a while. */
      readonly type: 'building';
      readonly builder: string;
      readonly groups: readonly string[];
      /** What is in work, in words, where the builder knows it. */
      readonly doing: string | undefined;
      readonly elapsedMs: number;
    }
  | { readonly type: 'run-queued'; readonly spec: RunSpec; readonly runDir: string }
  | { readonly type: 'run-started'; readonly spec: RunSpec; readonly runDir: string; readonly sync: string }
  | { readonly type: 'instance-started'; readonly instance: InstanceId; readonly process: ProcessId }
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
      /** How many processes the kernel has ended for want of memory since the run began; of one that was killed. */
      readonly oomKills: number;
      /** Whether an SDK of its ever connected to the sync service; `tg sync` is none. */
      readonly connected: boolean;
      /** Whether it was stopped (SIGSTOP) when it was ended. */
      readonly suspended: boolean;
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
  | {
      /** Nothing has moved for a while. */
      readonly type: 'stalled';
      readonly forMs: number;
      /** Whether it is to be told to a person; otherwise it is for the record. */
      readonly told: boolean;
      readonly standing: StallSnapshot;
    }
  | { readonly type: 'resumed' }
  | {
      /** The run has failed, and all that live wait: they are told that it is for nothing. */
      readonly type: 'given-up';
      readonly why: string;
      readonly instances: readonly InstanceId[];
    }
  | { readonly type: 'stopping'; readonly stop: Stop }
  | { readonly type: 'run-ended'; readonly result: RunResult };

/** Takes events as they happen. */
export type Emit = (event: RunEvent) => void;
