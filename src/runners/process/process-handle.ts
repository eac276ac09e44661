import { endLeftovers } from '../../os/leftovers.ts';
import { isSuspended, processRef } from '../../os/process-id.ts';
import type { InstanceRef } from '../../plan/instance-id.ts';
import type { Activity, ExitStatus, InstanceHandle, StopOptions, Usage } from '../runner.ts';
import { killAtExit } from './kill-at-exit.ts';
import type { Launched, Launcher } from './launch/launcher.ts';
import type { Exit } from './launch/protocol.ts';
import { oomKills } from './oom.ts';
import { endProcessGroup, signalGroup } from './process-group.ts';
import type { ProcessMeter } from './process-meter.ts';

interface ProcessContext {
  readonly launcher: Launcher;
  readonly meter: ProcessMeter;
  readonly oomKillsBefore: number;
  /** The instance's outputs: its processes are recognized by this folder in their environment. */
  readonly outputs: string;
  /** Called with the number of processes that were ended after the instance. */
  readonly onReaped: (ended: number) => void;
}

/** An instance that is a process in its own process group, started by the launcher. */
export class ProcessHandle implements InstanceHandle {
  readonly ref: InstanceRef;
  readonly exited: Promise<ExitStatus | undefined>;
  readonly flushed: Promise<string | undefined>;
  readonly #pid: number;
  readonly #context: ProcessContext;
  #ending = false;

  constructor({ process, exited, flushed }: Launched, context: ProcessContext) {
    this.ref = processRef(process);
    this.#pid = process.pid;
    this.#context = context;
    this.exited = exited.then((exit) => exit && this.#statusOf(exit));
    this.flushed = flushed;
    killAtExit(process.pid, exited);
  }

  #statusOf(exit: Exit): ExitStatus {
    const killed = exit.signal === 'SIGKILL';
    return { ...exit, oomKills: killed ? (oomKills() ?? 0) - this.#context.oomKillsBefore : 0 };
  }

  isSuspended(): boolean {
    return isSuspended(this.#pid);
  }

  activity(): Activity {
    return this.#context.meter.activityOf(this.#pid);
  }

  usage(): Usage | undefined {
    return this.#context.meter.usageOf(this.#pid);
  }

  stop(options: StopOptions): void {
    this.#expectEnd();
    const ended = endProcessGroup(this.#pid, options);
    void this.exited.finally(ended);
  }

  kill(): void {
    this.#expectEnd();
    signalGroup(this.#pid, 'SIGKILL');
  }

  /** The launcher is lost if it does not report the end. */
  #expectEnd(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#context.launcher.expectEnd(this.exited);
  }

  async reap(): Promise<void> {
    this.#context.onReaped(await endLeftovers(`TEST_OUTPUTS_PATH=${this.#context.outputs}`));
  }
}
