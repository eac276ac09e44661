import { availableParallelism, hostname } from 'node:os';
import { unshapedNetwork } from '../../network/unshaped-network.ts';
import { endLeftovers } from '../../os/leftovers.ts';
import type { Watchdog } from '../../os/watchdog.ts';
import { commandArtifact } from '../../plan/artifact.ts';
import type { InstanceId } from '../../plan/instance-id.ts';
import { freePorts } from '../process/free-ports.ts';
import type { Launcher } from '../process/launch/launcher.ts';
import { countText } from '../process/leftovers.ts';
import { checkPrograms } from '../process/needed-programs.ts';
import { oomKills } from '../process/oom.ts';
import { ProcessMeter } from '../process/process-meter.ts';
import { RunFiles } from '../process/run-files.ts';
import { type ServiceName, serviceName } from '../process/service-name.ts';
import type { Artifacts, Placement, PlaceRequest, RunSetup, Session } from '../runner.ts';
import { ProcessPlacement } from './placement.ts';

/** The result of `open`: what was started before the build. */
interface Opened {
  readonly doubts: readonly string[];
  readonly watchdog: Watchdog;
  readonly launcher: Launcher;
}

/** A session of local:exec, for one run. */
export class LocalExecSession implements Session {
  readonly network = unshapedNetwork;
  readonly processors = availableParallelism();
  /** The Go and JavaScript SDKs ask for a network under this machine's hostname. */
  readonly sharedHostname = hostname();
  readonly #setup: RunSetup;
  readonly #opened: Opened;
  readonly #ports = freePorts();
  readonly #meter = new ProcessMeter();
  #files: RunFiles | undefined;
  #name: ServiceName | undefined;
  #oomKillsBefore = 0;
  /** The number of processes that instances have left behind. */
  #reaped = 0;

  constructor(setup: RunSetup, opened: Opened) {
    this.#setup = setup;
    this.#opened = opened;
  }

  get doubts() {
    return this.#opened.doubts;
  }

  get lost() {
    return this.#opened.launcher.lost;
  }

  /** Programs that dial a name which this machine resolves to one address cannot be distinguished. */
  get sharedPort() {
    const shared = this.#name?.shared;
    return shared && ({ ...shared, by: 'nothing' } as const);
  }

  hostnameOf({ group, index }: InstanceId): string {
    return `${this.#setup.spec.runId}-${group}-${index}`;
  }

  async prepare(artifacts: Artifacts): Promise<void> {
    const { spec, callerEnv, extraEnv } = this.#setup;
    const all = [...artifacts.values()].map(commandArtifact);
    await checkPrograms(all, spec.plan, { ...callerEnv, ...extraEnv });
    if (all.some(({ traits }) => traits.dialsByName)) this.#name = await serviceName();
    this.#files = await RunFiles.prepare(this.#setup, artifacts);
    this.#oomKillsBefore = oomKills() ?? 0;
  }

  async place(request: PlaceRequest): Promise<Placement> {
    const { launcher, watchdog } = this.#opened;
    if (this.#files === undefined) throw new Error('the session is not prepared');
    return await ProcessPlacement.make(request, {
      setup: this.#setup,
      files: this.#files,
      ports: this.#ports,
      name: this.#name,
      launcher,
      watchdog,
      meter: this.#meter,
      oomKillsBefore: this.#oomKillsBefore,
      onReaped: (ended) => {
        this.#reaped += ended;
      },
    });
  }

  async reap(): Promise<string | undefined> {
    this.#reaped += await endLeftovers(`TEST_RUN=${this.#setup.spec.runId}`);
    this.#opened.launcher.close();
    await this.#removeTemporary();
    return countText(this.#reaped);
  }

  async #removeTemporary(): Promise<void> {
    const files = this.#files;
    this.#files = undefined;
    try {
      await this.#ports[Symbol.asyncDispose]();
    } finally {
      await files?.[Symbol.asyncDispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using _watchdog = this.#opened.watchdog;
    await using _launcher = this.#opened.launcher;
    await this.#removeTemporary();
  }
}
