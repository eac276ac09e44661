import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Watchdog } from '../../os/watchdog.ts';
import { type CommandArtifact, commandArtifact } from '../../plan/artifact.ts';
import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import type { Address } from '../../sync/server/endpoint.ts';
import type { Launcher } from '../process/launch/launcher.ts';
import { environmentOf } from '../process/process-environment.ts';
import { ProcessHandle } from '../process/process-handle.ts';
import type { ProcessMeter } from '../process/process-meter.ts';
import type { RunFiles } from '../process/run-files.ts';
import { makeWorkplace, removeWorkplace, type Workplace } from '../process/temp-folders.ts';
import type { InstanceHandle, InstancePaths, Launch, Placement, PlaceRequest, RunSetup } from '../runner.ts';
import { declaredLink, isAnyDeclared } from './declared.ts';
import type { HolderRequest } from './holder/protocol.ts';
import { writeNameFiles } from './name-resolution.ts';
import type { NetnsNetwork } from './network.ts';
import { isRecorded, packetsFile } from './packets.ts';
import { redisPort, servicePorts } from './service-ports.ts';
import { controlAddress, controlNetwork, dataAddress, dataNetwork } from './subnets.ts';

/** What a place needs of its session. */
export interface PlacementContext {
  readonly setup: RunSetup;
  readonly files: RunFiles;
  /** The number of the instance in the run. */
  readonly number: number;
  readonly hostname: string;
  readonly launcher: Launcher;
  readonly ask: (request: HolderRequest) => Promise<unknown>;
  readonly network: NetnsNetwork;
  readonly watchdog: Watchdog;
  readonly meter: ProcessMeter;
  readonly oomKillsBefore: number;
  readonly onReaped: (ended: number) => void;
}

/** For the random choices of an instance's network: they follow from the seed of the run. */
function seedFor({ setup }: PlacementContext, instance: InstanceId): readonly number[] {
  const digest = createHash('sha512')
    .update(`${setup.spec.seed} network ${instanceTag(instance)}`)
    .digest();
  return Array.from({ length: 12 }, (_, place) => digest.readInt32LE(4 * place) | 1);
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
    const { files, setup, number } = context;
    this.#context = context;
    this.#instance = instance;
    this.#artifact = commandArtifact(artifact);
    const folder = join(files.root, instance.group, String(instance.index));
    this.#own = join(folder, '.tg');
    this.#workplace = { temp: folder, workDir: join(folder, 'work'), own: this.#own };
    makeWorkplace(this.#workplace, files.shippedTo(group.id));
    this.inside = { outputs, temp: folder, plan: this.#artifact.dir };
    this.env = environmentOf(group.build.builder, setup, files.scriptPath, {});
    this.caller = { by: 'address', address: controlAddress(number) };
  }

  /** Makes the folders of an instance, and its networks. */
  static async make(request: PlaceRequest, context: PlacementContext): Promise<NetnsPlacement> {
    const its = new NetnsPlacement(request, context);
    const { number, hostname, ask, network } = context;
    const { instance } = request;
    const [control, data] = [controlAddress(number), dataAddress(number)];
    const files = writeNameFiles(its.#own, hostname, control);
    const { runner } = context.setup.spec.config;
    const packets = isRecorded(runner, instance) ? join(request.outputs, packetsFile) : undefined;
    await ask({
      ask: 'place',
      number,
      hostname,
      files,
      control,
      data,
      seed: seedFor(context, instance),
      link: declaredLink(runner, instance.group),
      isSplit: isAnyDeclared(runner),
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
    const { launcher, watchdog, meter, oomKillsBefore, files, number, onReaped } = this.#context;
    const { command, traits } = this.#artifact;
    const pipesIn = traits.reopensStreams ? join(files.root, '.pipes') : undefined;
    const cwd = this.#workplace.workDir;
    const launched = await launcher.start({ command, cwd, env, ...capture, pipesIn, place: number });
    // The watchdog must know the process before anything else happens: tg may be killed at any moment.
    watchdog.guard(launched.process);
    const { outputs } = this.inside;
    return new ProcessHandle(launched, { launcher, meter, oomKillsBefore, outputs, onReaped });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { ask, network, number, launcher } = this.#context;
    network.remove(this.#instance);
    if (!launcher.lost.aborted) await ask({ ask: 'leave', number });
    await removeWorkplace(this.#workplace);
  }
}
