import { availableParallelism, hostname } from 'node:os';
import { unshapedNetwork } from '../../network/unshaped-network.ts';
import { commandArtifact } from '../../plan/artifact.ts';
import type { InstanceId } from '../../plan/instance-id.ts';
import { freePorts } from '../process/free-ports.ts';
import type { RunProcesses } from '../process/run-processes.ts';
import { type ServiceName, serviceName } from '../process/service-name.ts';
import type { Artifacts, Placement, PlaceRequest, Session } from '../runner.ts';
import { ProcessPlacement } from './placement.ts';

/** A session of local:exec, for one run. */
export class LocalExecSession implements Session {
  readonly network = unshapedNetwork;
  readonly processors = availableParallelism();
  /** The Go and JavaScript SDKs ask for a network under this machine's hostname. */
  readonly sharedHostname = hostname();
  readonly #processes: RunProcesses;
  readonly #ports = freePorts();
  #name: ServiceName | undefined;

  constructor(processes: RunProcesses) {
    this.#processes = processes;
  }

  get doubts() {
    return this.#processes.doubts;
  }

  get lost() {
    return this.#processes.launcher.lost;
  }

  /** Programs that dial a name which this machine resolves to one address cannot be distinguished. */
  get sharedPort() {
    const shared = this.#name?.shared;
    return shared && ({ ...shared, by: 'nothing' } as const);
  }

  hostnameOf({ group, index }: InstanceId): string {
    return `${this.#processes.setup.spec.runId}-${group}-${index}`;
  }

  async prepare(artifacts: Artifacts): Promise<void> {
    await this.#processes.prepare(artifacts);
    if ([...artifacts.values()].some((artifact) => commandArtifact(artifact).traits.dialsByName))
      this.#name = await serviceName();
  }

  async place(request: PlaceRequest): Promise<Placement> {
    const context = { processes: this.#processes, ports: this.#ports, name: this.#name };
    return await ProcessPlacement.make(request, context);
  }

  async reap(): Promise<string | undefined> {
    try {
      return await this.#processes.reap();
    } finally {
      await this.#ports[Symbol.asyncDispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using _processes = this.#processes;
    await this.#ports[Symbol.asyncDispose]();
  }
}
