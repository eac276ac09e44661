import { join } from 'node:path';
import { endLeftovers } from '../../os/leftovers.ts';
import type { Watchdog } from '../../os/watchdog.ts';
import { type CommandArtifact, commandArtifact } from '../../plan/artifact.ts';
import type { Artifacts, InstanceHandle, Launch, RunSetup } from '../runner.ts';
import type { Launcher } from './launch/launcher.ts';
import type { Start } from './launch/protocol.ts';
import { countText } from './leftovers.ts';
import { checkLimits, fileLimit, processLimits } from './limits.ts';
import { checkPrograms } from './needed-programs.ts';
import { oomKills } from './oom.ts';
import { ProcessHandle } from './process-handle.ts';
import { ProcessMeter } from './process-meter.ts';
import { watchProcesses } from './process-watchdog.ts';
import { RunFiles } from './run-files.ts';

/** How a process of an instance is started, besides what the loop says. */
export interface ProcessStart
  extends Pick<Start, 'command' | 'cwd' | 'place'>,
    Pick<Launch, 'env' | 'capture'> {
  readonly traits: CommandArtifact['traits'];
  /** The folder of the instance's outputs. */
  readonly outputs: string;
}

/**
 * The processes of a run and their files: what all runners of processes have in common. Disposing of it ends the
 * launcher and the watchdog, and removes the files.
 */
export class RunProcesses<Its extends Launcher = Launcher> implements AsyncDisposable {
  readonly setup: RunSetup;
  /** Limits that may be too low for the run, as text. */
  readonly doubts: readonly string[];
  readonly launcher: Its;
  readonly #watchdog: Watchdog;
  readonly #meter = new ProcessMeter();
  #files: RunFiles | undefined;
  /** How many processes the kernel's OOM killer had killed when the run began. */
  #oomKillsBefore = 0;
  /** The number of processes that instances have left behind. */
  #reaped = 0;

  private constructor(setup: RunSetup, doubts: readonly string[], launcher: Its, watchdog: Watchdog) {
    this.setup = setup;
    this.doubts = doubts;
    this.launcher = launcher;
    this.#watchdog = watchdog;
  }

  /**
   * Starts what runs before the build, so that it is ready when the build is done.
   * @throws TgError (environment) if a limit is too low, or what `startLauncher` throws.
   */
  static async open<Its extends Launcher>(
    setup: RunSetup,
    startLauncher: () => Its | Promise<Its>,
  ): Promise<RunProcesses<Its>> {
    const { spec, stop, notice } = setup;
    const doubts = checkLimits(spec.totalInstances, fileLimit(), processLimits());
    const watchdog = watchProcesses(spec.runId, (problem) => notice('WARN', problem));
    try {
      const launcher = await startLauncher();
      if (launcher.processId !== undefined) watchdog.awaitEndOf(launcher.processId);
      stop.addEventListener('abort', () => launcher.expectStarts());
      return new RunProcesses(setup, doubts, launcher, watchdog);
    } catch (error) {
      await watchdog[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The files of the run. @throws Error before `prepare`. */
  get files(): RunFiles {
    if (this.#files === undefined) throw new Error('the session is not prepared');
    return this.#files;
  }

  /** Prepares the files of the run. @throws TgError (environment) if something that its artifacts need is missing. */
  async prepare(artifacts: Artifacts): Promise<void> {
    const { spec, callerEnv, extraEnv } = this.setup;
    await checkPrograms([...artifacts.values()].map(commandArtifact), spec.plan, {
      ...callerEnv,
      ...extraEnv,
    });
    this.#files = await RunFiles.prepare(this.setup, artifacts);
    this.#oomKillsBefore = oomKills() ?? 0;
  }

  /** Starts an instance. @throws Error with the system's message if it cannot be started. */
  async start({ traits, outputs, capture, ...start }: ProcessStart): Promise<InstanceHandle> {
    const pipesIn = traits.reopensStreams ? join(this.files.root, '.pipes') : undefined;
    const launched = await this.launcher.start({ ...start, ...capture, pipesIn });
    // The watchdog must know the process before anything else happens: tg may be killed at any moment.
    this.#watchdog.guard(launched.process);
    return new ProcessHandle(launched, {
      launcher: this.launcher,
      meter: this.#meter,
      oomKillsBefore: this.#oomKillsBefore,
      outputs,
      onReaped: (ended) => {
        this.#reaped += ended;
      },
    });
  }

  /** Ends everything that instances have left behind, and removes the files. @returns what was ended, as text. */
  async reap(): Promise<string | undefined> {
    this.#reaped += await endLeftovers(`TEST_RUN=${this.setup.spec.runId}`);
    this.launcher.close();
    await this.#removeFiles();
    return countText(this.#reaped);
  }

  async #removeFiles(): Promise<void> {
    const files = this.#files;
    this.#files = undefined;
    await files?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using _watchdog = this.#watchdog;
    await using _launcher = this.launcher;
    await this.#removeFiles();
  }
}
