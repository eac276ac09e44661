import { join } from 'node:path';
import { labelsOf } from '../../network/topology/side.ts';
import { type CommandArtifact, commandArtifact } from '../../plan/artifact.ts';
import { hasNetworkFaults } from '../../plan/fault/fault.ts';
import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import type { Address } from '../../sync/server/endpoint.ts';
import { additionalHostsVariable } from '../process/config/additional-hosts.ts';
import { ownPortsIn } from '../process/config/exposed-ports.ts';
import { startManually } from '../process/manual-start.ts';
import { environmentOf } from '../process/process-environment.ts';
import type { RunProcesses } from '../process/run-processes.ts';
import { makeWorkplace, removeWorkplace, type Workplace } from '../process/temp-folders.ts';
import type {
  InstanceHandle,
  InstancePaths,
  Launch,
  ManualInstance,
  Placement,
  PlaceRequest,
} from '../runner.ts';
import type { Holder } from './holder.ts';
import { writeNameFiles } from './name-resolution.ts';
import type { NetnsNetwork } from './network.ts';
import { isRecorded, packetsFile } from './packets.ts';
import type { ReachedHost } from './reached-hosts.ts';
import { redisPort, servicePorts } from './service-ports.ts';
import { controlAddress, controlNetwork, dataAddress, dataNetwork } from './subnets.ts';
import { seedOfPort, type Topology } from './topology.ts';

/** What a place needs of its session. */
export interface PlacementContext {
  readonly processes: RunProcesses<Holder>;
  readonly network: NetnsNetwork;
  /** What the run declares about its network, if anything. */
  readonly topology: Topology | undefined;
  /** The hosts outside of the run that its instances reach. */
  readonly reached: readonly ReachedHost[];
  /** The number of the instance in the run. */
  readonly number: number;
  readonly hostname: string;
}

/** A place for an instance that is a process in namespaces of its own. */
export class NetnsPlacement implements Placement {
  readonly inside: InstancePaths;
  readonly subnet = `${dataNetwork.subnet}/${dataNetwork.prefix}`;
  readonly env: Placement['env'];
  readonly caller: Placement['caller'];
  readonly #context: PlacementContext;
  readonly #instance: InstanceId;
  readonly #artifact: CommandArtifact;
  readonly #workplace: Workplace;
  /** A folder for tg's own files. */
  readonly #own: string;

  private constructor({ instance, group, artifact, outputs }: PlaceRequest, context: PlacementContext) {
    const { processes, number } = context;
    const { files, setup } = processes;
    this.#context = context;
    this.#instance = instance;
    this.#artifact = commandArtifact(artifact);
    const folder = join(files.root, instance.group, String(instance.index));
    this.#own = join(folder, '.tg');
    this.#workplace = { temp: folder, workDir: join(folder, 'work'), own: this.#own };
    makeWorkplace(this.#workplace, files.shippedTo(group.id));
    this.inside = { outputs, temp: folder, plan: this.#artifact.dir };
    const { runner } = setup.spec.config;
    const variables = { ...ownPortsIn(runner), ...additionalHostsVariable(runner) };
    this.env = environmentOf(group.build.builder, setup, files.scriptPath, variables);
    this.caller = { by: 'address', address: controlAddress(number) };
  }

  /** Makes the folders of an instance, and its networks. */
  static async make(request: PlaceRequest, context: PlacementContext): Promise<NetnsPlacement> {
    const its = new NetnsPlacement(request, context);
    const { number, hostname, processes, network, topology, reached } = context;
    const { launcher: holder, setup } = processes;
    const { instance } = request;
    const [control, data] = [controlAddress(number), dataAddress(number)];
    const files = writeNameFiles(its.#own, hostname, control, reached);
    const { config, seed } = setup.spec;
    const { runner } = config;
    const packets = isRecorded(runner, instance) ? join(request.outputs, packetsFile) : undefined;
    await holder.order({
      ask: 'place',
      number,
      hostname,
      files,
      control,
      data,
      seed: seedOfPort(seed, instanceTag(instance)),
      group: instance.group,
      reached: reached.flatMap(({ addresses }) => addresses),
      labels: topology?.labelsOf(instance) ?? labelsOf(instance),
      nat: topology?.natOf(instance),
      link: topology?.linkOf(instance),
      isSplit: topology !== undefined || hasNetworkFaults(setup.spec),
      packets,
    });
    network.add(instance, number, data);
    return its;
  }

  /** All instances share the port of the sync service. */
  listenAt(): undefined {
    return undefined;
  }

  /**
   * The sync service is at the gateway of the control network; another Redis is not reached, but the endpoint of the
   * instance speaks its protocol, too.
   */
  reach({ port }: Address): Address {
    return { host: controlNetwork.gateway, port: servicePorts.includes(port) ? port : redisPort };
  }

  async start({ env, capture }: Launch): Promise<InstanceHandle> {
    const { processes, number: place } = this.#context;
    const [{ command, traits }, { outputs }, { workDir: cwd }] = [
      this.#artifact,
      this.inside,
      this.#workplace,
    ];
    return await processes.start({ command, cwd, env, capture, traits, outputs, place });
  }

  async startManually({ env, capture, endpoint: { hasLeft } }: Launch): Promise<ManualInstance> {
    const { processes, number } = this.#context;
    const [{ command }, { outputs }, { workDir }] = [this.#artifact, this.inside, this.#workplace];
    const enter = [...(await processes.launcher.enterPlace(number)), ...inFolder(workDir)];
    return await startManually({ own: this.#own, outputs, command, enter, workDir, env, capture, hasLeft });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { processes, network, number } = this.#context;
    const { launcher: holder } = processes;
    network.remove(this.#instance);
    if (!holder.lost.aborted) await holder.order({ ask: 'leave', number });
    await removeWorkplace(this.#workplace);
  }
}

/** Goes to a folder: who enters a mount namespace leaves the one of before. */
function inFolder(folder: string): string[] {
  return ['/bin/sh', '-c', 'cd "$0" && exec "$@"', folder];
}
