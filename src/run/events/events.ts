import type { FaultReport } from '../../faults/injector.ts';
import type { NetworkMeasured } from '../../network/measured.ts';
import type { SdkEvent } from '../../outputs/sdk-events.ts';
import type { InstanceId, InstanceRef } from '../../plan/instance-id.ts';
import type { RunSpec } from '../../plan/run-spec.ts';
import type { Waiting } from '../../sync/describe-waiting.ts';
import type { MachineSample } from '../machine/machine-sample.ts';
import type { StallSnapshot } from '../stall/stall-record.ts';
import type { RunResult } from '../verdict/result.ts';
import type { Ending, Stop } from './ending.ts';

/** An event of a run, in order. The verdict, the journal and the display all derive from these. */
export type RunEvent =
  | {
      readonly type: 'notice';
      readonly level: 'INFO' | 'WARN';
      readonly text: string;
      readonly fields?: object;
    }
  | {
      /** A build has been running for a while. */
      readonly type: 'building';
      readonly builder: string;
      readonly groups: readonly string[];
      /** The current step, as text; undefined if the builder does not report one. */
      readonly doing: string | undefined;
      readonly elapsedMs: number;
    }
  | { readonly type: 'run-queued'; readonly spec: RunSpec; readonly runDir: string }
  | { readonly type: 'run-started'; readonly spec: RunSpec; readonly runDir: string; readonly sync: string }
  | { readonly type: 'instance-started'; readonly instance: InstanceId; readonly ref: InstanceRef }
  | {
      /** A fault had taken it down, and it runs again. */
      readonly type: 'instance-restarted';
      readonly instance: InstanceId;
      readonly ref: InstanceRef;
      /** How often it has been started again, this time included. */
      readonly restarts: number;
    }
  | {
      /** The instance is waiting to be started by hand. */
      readonly type: 'instance-held';
      readonly instance: InstanceId;
      /** A script that starts it, and one that a shell sources to get its environment. */
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
      /** Where the line begins in its file, in bytes. */
      readonly offset: number;
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
      /** What is wrong with its captured output; undefined if nothing is. */
      readonly outputProblem: string | undefined;
      /** For a killed instance, how many processes the kernel's OOM killer has killed since the run began. */
      readonly oomKills: number;
      /** Whether one of its SDKs ever connected to the sync service; `tg sync` does not count. */
      readonly connected: boolean;
      /** Whether it was suspended (SIGSTOP) when tg ended it. */
      readonly suspended: boolean;
      /** What it was waiting for when tg ended it. */
      readonly waiting: readonly Waiting[];
      readonly elapsedMs: number;
    }
  | {
      readonly type: 'network-configured';
      /** Undefined if the request only names this machine's hostname. */
      readonly instance: InstanceId | undefined;
      /** The settings of its network from now on, as text; empty for a plain network, or if they were not applied. */
      readonly applied: readonly string[];
      /** Settings that are not supported, as text; empty for a plain network. */
      readonly notApplied: readonly string[];
      /** Whether the run is stopped because of it. */
      readonly refused: boolean;
      /** How long applying it took, in ms. */
      readonly tookMs: number;
    }
  /** What the network did with the packets of the run, at its end. */
  | { readonly type: 'network-measured'; readonly measured: NetworkMeasured }
  /** A fault was injected or undone, or could not be. */
  | ({ readonly type: 'fault' } & FaultReport)
  | {
      /** There has been no activity for a while. */
      readonly type: 'stalled';
      readonly forMs: number;
      /** Whether to show it to a person; otherwise it is only recorded. */
      readonly reported: boolean;
      readonly snapshot: StallSnapshot;
    }
  | { readonly type: 'resumed' }
  | {
      /** Which instances wait for what when tg ends the run. */
      readonly type: 'snapshot';
      readonly snapshot: StallSnapshot;
    }
  | {
      /** The run has failed and all running instances wait: their waits are aborted. */
      readonly type: 'abandoned';
      readonly why: string;
      readonly instances: readonly InstanceId[];
    }
  /** What the machine did since the last such event, or since the first instance was started. */
  | ({ readonly type: 'machine' } & MachineSample)
  | { readonly type: 'stopping'; readonly stop: Stop }
  | { readonly type: 'run-ended'; readonly result: RunResult };

/** Takes events as they happen. */
export type Emit = (event: RunEvent) => void;
