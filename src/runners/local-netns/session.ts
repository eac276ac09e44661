import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { type InstanceId, instancesOfGroups, instanceTag } from '../../plan/instance-id.ts';
import { defaultPort } from '../../sync/protocol.ts';
import type { RunProcesses } from '../process/run-processes.ts';
import type { Artifacts, Placement, PlaceRequest, Session } from '../runner.ts';
import { fidelityKey } from './fidelity.ts';
import type { Holder } from './holder.ts';
import { NetnsNetwork } from './network.ts';
import { NetnsPlacement } from './placement.ts';
import type { ReachedHosts } from './reached-hosts.ts';
import { RunPaths } from './run-paths.ts';
import { controlNetwork } from './subnets.ts';
import type { Topology } from './topology.ts';

/** A session of local:netns, for one run. */
export class LocalNetnsSession implements Session {
  readonly processors = availableParallelism();
  readonly sharedHostname = undefined;
  readonly network: NetnsNetwork;
  readonly sharedPort: Session['sharedPort'];
  readonly #processes: RunProcesses<Holder>;
  /** The number of each instance in the run. */
  readonly #numbers = new Map<string, number>();

  readonly #topology: Topology | undefined;
  readonly #reached: ReachedHosts;

  /** @param topology what the run declares about its network, if anything. */
  constructor(processes: RunProcesses<Holder>, topology: Topology | undefined, reached: ReachedHosts) {
    this.#processes = processes;
    this.#topology = topology;
    this.#reached = reached;
    const { launcher: holder, setup } = processes;
    const { gateway: host } = controlNetwork;
    this.sharedPort = { by: 'address', host, port: Number(defaultPort), servers: holder.servers };
    this.network = new NetnsNetwork(holder, {
      isStrict: setup.spec.config.runner[fidelityKey] === 'strict',
      hasNats: topology?.hasNats ?? false,
      paths: new RunPaths(topology, setup.spec.seed),
    });
    for (const instance of instancesOfGroups(setup.spec.groups))
      this.#numbers.set(instanceTag(instance), this.#numbers.size);
  }

  get doubts() {
    return [...this.#processes.doubts, ...this.#reached.doubts];
  }

  get lost() {
    return this.#processes.launcher.lost;
  }

  /** Like that of a container. */
  hostnameOf(instance: InstanceId): string {
    const { runId } = this.#processes.setup.spec;
    return createHash('sha256')
      .update(`${runId} ${instanceTag(instance)}`)
      .digest('hex')
      .slice(0, 12);
  }

  async prepare(artifacts: Artifacts): Promise<void> {
    await this.#processes.prepare(artifacts);
  }

  async place(request: PlaceRequest): Promise<Placement> {
    const { instance } = request;
    const number = this.#numbers.get(instanceTag(instance));
    if (number === undefined) throw new Error(`${instanceTag(instance)} is not part of the run`);
    return await NetnsPlacement.make(request, {
      processes: this.#processes,
      network: this.network,
      topology: this.#topology,
      reached: this.#reached.hosts,
      number,
      hostname: this.hostnameOf(instance),
    });
  }

  async reap(): Promise<string | undefined> {
    return await this.#processes.reap();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#processes[Symbol.asyncDispose]();
  }
}
