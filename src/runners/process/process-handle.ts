import { setTimeout as sleep } from 'node:timers/promises';
import { endLeftovers } from '../../os/leftovers.ts';
import { isSuspended, processRef } from '../../os/process-id.ts';
import type { InstanceRef } from '../../plan/instance-id.ts';
import type { Activity, ExitStatus, InstanceHandle, StopOptions, Usage } from '../runner.ts';
import { killAtExit } from './kill-at-exit.ts';
import type { Launched, Launcher } from './launch/launcher.ts';
import type { Exit } from './launch/protocol.ts';
import { oomKills } from './oom.ts';
import { endProcessGroup, groupExists, signalGroup } from './process-group.ts';
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

/** How often, in ms, the processes that an ended shell has left behind are looked at. */
const pollMs = 20;

/** An instance that is a process in its own process group, started by the launcher. */
export class ProcessHandle implements InstanceHandle {
  readonly ref: InstanceRef;
  readonly exited: Promise<ExitStatus | undefined>;
  readonly flushed: Promise<string | undefined>;
  readonly #pid: number;
  readonly #context: ProcessContext;
  /** Its first process, as the launcher reports. */
  readonly #leaderExited: Promise<Exit | undefined>;
  #ending = false;
  /** Whether its processes were asked to end and may still take their time. */
  #mayFinish = false;

  constructor({ process, exited, flushed }: Launched, context: ProcessContext) {
    this.ref = processRef(process);
    this.#pid = process.pid;
    this.#context = context;
    this.#leaderExited = exited;
    this.exited = this.#end();
    this.flushed = flushed;
    killAtExit(process.pid, this.exited);
  }

  async #end(): Promise<ExitStatus | undefined> {
    const exit = await this.#leaderExited;
    if (exit === undefined) return undefined;
    await this.#groupFinished();
    return this.#statusOf(exit);
  }

  /**
   * Waits for the other processes of an instance that was asked to end: a shell ends at once on SIGTERM, the program
   * that it runs may have something to finish.
   */
  async #groupFinished(): Promise<void> {
    const { meter } = this.#context;
    while (this.#mayFinish && groupExists(this.#pid) && !meter.hasOnlyZombies(this.#pid)) await sleep(pollMs);
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

  readonly suspension = {
    pause: () => signalGroup(this.#pid, 'SIGSTOP'),
    resume: () => signalGroup(this.#pid, 'SIGCONT'),
  };

  stop(options: StopOptions): void {
    this.#expectEnd();
    this.#mayFinish = true;
    const group = endProcessGroup(this.#pid, options, () => this.kill());
    void this.#leaderExited.finally(group.leaderEnded);
    void this.exited.finally(group.groupEnded);
  }

  kill(): void {
    this.#mayFinish = false;
    this.#expectEnd();
    signalGroup(this.#pid, 'SIGKILL');
  }

  /** The launcher is lost if it does not report the end. */
  #expectEnd(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#context.launcher.expectEnd(this.#leaderExited);
  }

  async reap(isAsked = false): Promise<void> {
    const ended = await endLeftovers(`TEST_OUTPUTS_PATH=${this.#context.outputs}`);
    if (!isAsked) this.#context.onReaped(ended);
  }
}
