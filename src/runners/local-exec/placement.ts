import { join } from 'node:path';
import { type CommandArtifact, commandArtifact } from '../../plan/artifact.ts';
import type { Address } from '../../sync/server/endpoint.ts';
import { additionalHostsVariable } from '../process/config/additional-hosts.ts';
import { exposedPortsIn } from '../process/config/exposed-ports.ts';
import type { FreePorts } from '../process/free-ports.ts';
import { startManually } from '../process/manual-start.ts';
import { environmentOf } from '../process/process-environment.ts';
import type { RunProcesses } from '../process/run-processes.ts';
import type { ServiceName } from '../process/service-name.ts';
import { makeWorkplace, removeWorkplace, type Workplace } from '../process/temp-folders.ts';
import type {
  InstanceHandle,
  InstancePaths,
  Launch,
  ManualInstance,
  Placement,
  PlaceRequest,
} from '../runner.ts';

/** What a place needs of its session. */
export interface PlacementContext {
  readonly processes: RunProcesses;
  readonly ports: FreePorts;
  /** For plans that dial the sync service by its name. */
  readonly name: ServiceName | undefined;
}

/**
 * The subnet that a plan sees. With a sidecar, the Go SDK looks for an interface in it and finds the loopback
 * interface.
 */
const subnets = { none: '127.1.0.0/16', noop: '127.0.0.0/8', apply: '127.0.0.0/8' };

/** A place for an instance that is a process: folders of its own, on this machine's network. */
export class ProcessPlacement implements Placement {
  readonly inside: InstancePaths;
  readonly subnet: string;
  readonly env: Placement['env'];
  readonly #context: PlacementContext;
  readonly #artifact: CommandArtifact;
  readonly #workplace: Workplace;

  private constructor(
    { group, artifact, outputs, manual }: PlaceRequest,
    context: PlacementContext,
    folder: string,
    exposed: Readonly<Record<string, string>>,
  ) {
    this.#context = context;
    this.#artifact = commandArtifact(artifact);
    const ownFolder = manual || artifact.traits.dialsByName;
    this.#workplace = {
      temp: folder,
      workDir: join(folder, 'work'),
      own: ownFolder ? join(folder, '.tg') : undefined,
    };
    const { setup, files } = context.processes;
    makeWorkplace(this.#workplace, files.shippedTo(group.id));
    this.inside = { outputs, temp: folder, plan: this.#artifact.dir };
    this.subnet = subnets[group.sidecar];
    const variables = { ...exposed, ...additionalHostsVariable(setup.spec.config.runner) };
    this.env = environmentOf(group.build.builder, setup, files.scriptPath, variables);
  }

  /** Makes the folders of an instance and takes its ports. */
  static async make(request: PlaceRequest, context: PlacementContext): Promise<ProcessPlacement> {
    const { group, index } = request.instance;
    const { setup, files } = context.processes;
    const variables = exposedPortsIn(setup.spec.config.runner);
    const taken = await Promise.all(
      variables.map(async (name) => [name, String(await context.ports.take())] as const),
    );
    const folder = join(files.root, group, String(index));
    return new ProcessPlacement(request, context, folder, Object.fromEntries(taken));
  }

  listenAt(): Partial<Address> | undefined {
    return this.#artifact.traits.dialsByName ? this.#context.name?.nextPlace() : undefined;
  }

  /** Instances share this machine's network. */
  reach(address: Address): Address {
    return address;
  }

  async start({ env, capture, endpoint }: Launch): Promise<InstanceHandle> {
    const command = await this.#command(endpoint.host);
    const [{ traits }, { outputs }, { workDir: cwd }] = [this.#artifact, this.inside, this.#workplace];
    return await this.#context.processes.start({ command, cwd, env, capture, traits, outputs });
  }

  async startManually({ env, capture, endpoint }: Launch): Promise<ManualInstance> {
    const { own, workDir } = this.#workplace;
    if (own === undefined) throw new Error('this instance was not prepared to be started by hand');
    const command = await this.#command(endpoint.host);
    const { outputs } = this.inside;
    const { hasLeft } = endpoint;
    return await startManually({ own, outputs, command, enter: [], workDir, env, capture, hasLeft });
  }

  /** The command, wrapped so that the name of the sync service resolves to the endpoint if the plan dials it. */
  async #command(endpointHost: string): Promise<CommandArtifact['command']> {
    const { command, traits } = this.#artifact;
    const { own } = this.#workplace;
    if (!traits.dialsByName || own === undefined) return command;
    return (await this.#context.name?.commandFor(command, endpointHost, own)) ?? command;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeWorkplace(this.#workplace);
  }
}
