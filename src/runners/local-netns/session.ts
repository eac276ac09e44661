import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { endLeftovers } from '../../os/leftovers.ts';
import type { Watchdog } from '../../os/watchdog.ts';
import { commandArtifact } from '../../plan/artifact.ts';
import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import { defaultPort } from '../../sync/protocol.ts';
import { countText } from '../process/leftovers.ts';
import { checkPrograms } from '../process/needed-programs.ts';
import { oomKills } from '../process/oom.ts';
import { ProcessMeter } from '../process/process-meter.ts';
import { RunFiles } from '../process/run-files.ts';
import type { Artifacts, Placement, PlaceRequest, RunSetup, Session } from '../runner.ts';
import { fidelityKey } from './fidelity.ts';
import type { HolderRequest } from './holder/protocol.ts';
import type { Holder } from './holder.ts';
import { NetnsNetwork } from './network.ts';
import { NetnsPlacement } from './placement.ts';
import { controlNetwork } from './subnets.ts';

/** The result of `open`: what was started before the build. */
interface Opened {
  readonly doubts: readonly string[];
  readonly watchdog: Watchdog;
  readonly holder: Holder;
}

/** A session of local:netns, for one run. */
export class LocalNetnsSession implements Session {
  readonly processors = availableParallelism();
  readonly sharedHostname = undefined;
  readonly network: NetnsNetwork;
  readonly sharedPort: Session['sharedPort'];
  readonly #setup: RunSetup;
  readonly #opened: Opened;
  readonly #meter = new ProcessMeter();
  /** The number of each instance in the run. */
  readonly #numbers = new Map<string, number>();
  #files: RunFiles | undefined;
  #oomKillsBefore = 0;
  #reaped = 0;

  constructor(setup: RunSetup, opened: Opened) {
    this.#setup = setup;
    this.#opened = opened;
    const { servers } = opened.holder;
    const { gateway: host } = controlNetwork;
    this.sharedPort = { by: 'address', host, port: Number(defaultPort), servers };
    this.network = new NetnsNetwork(
      async (request) => await this.#ask(request),
      setup.spec.config.runner[fidelityKey] === 'strict',
    );
    for (const { id, instances } of setup.spec.groups)
      for (let index = 0; index < instances; index++)
        this.#numbers.set(instanceTag({ group: id, index }), this.#numbers.size);
  }

  get doubts() {
    return this.#opened.doubts;
  }

  get lost() {
    return this.#opened.holder.launcher.lost;
  }

  /** Like that of a container. */
  hostnameOf(instance: InstanceId): string {
    const { runId } = this.#setup.spec;
    return createHash('sha256')
      .update(`${runId} ${instanceTag(instance)}`)
      .digest('hex')
      .slice(0, 12);
  }

  async #ask(request: HolderRequest): Promise<unknown> {
    return await this.#opened.holder.launcher.ask(request);
  }

  async prepare(artifacts: Artifacts): Promise<void> {
    const { spec, callerEnv, extraEnv } = this.#setup;
    const all = [...artifacts.values()].map(commandArtifact);
    await checkPrograms(all, spec.plan, { ...callerEnv, ...extraEnv });
    this.#files = await RunFiles.prepare(this.#setup, artifacts);
    this.#oomKillsBefore = oomKills() ?? 0;
  }

  async place(request: PlaceRequest): Promise<Placement> {
    const { holder, watchdog } = this.#opened;
    const files = this.#files;
    const number = this.#numbers.get(instanceTag(request.instance));
    if (files === undefined || number === undefined) throw new Error('the session is not prepared');
    const { instance } = request;
    return await NetnsPlacement.make(request, {
      setup: this.#setup,
      files,
      number,
      hostname: this.hostnameOf(instance),
      launcher: holder.launcher,
      ask: async (order) => await this.#ask(order),
      network: this.network,
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
    this.#close();
    await this.#removeFiles();
    return countText(this.#reaped);
  }

  #close(): void {
    const { servers, launcher } = this.#opened.holder;
    for (const server of servers) server.close();
    launcher.close();
  }

  async #removeFiles(): Promise<void> {
    const files = this.#files;
    this.#files = undefined;
    await files?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using _watchdog = this.#opened.watchdog;
    await using _launcher = this.#opened.holder.launcher;
    for (const server of this.#opened.holder.servers) server.close();
    await this.#removeFiles();
  }
}
