import { hostname } from 'node:os';
import { unshapedNetwork } from '../../network/unshaped.ts';
import { endLeftovers } from '../../os/leftovers.ts';
import type { Watchdog } from '../../os/watchdog.ts';
import { commandArtifact } from '../../plan/artifact.ts';
import type { InstanceId } from '../../plan/instance-id.ts';
import { freePorts } from '../process/free-ports.ts';
import type { Launcher } from '../process/launch/launcher.ts';
import { checkPrograms } from '../process/needed-programs.ts';
import { oomKills } from '../process/oom.ts';
import { ProcessMeter } from '../process/process-meter.ts';
import { type ServiceName, serviceName } from '../process/service-name.ts';
import { readShippedFiles, type ShippedFiles } from '../process/shipped-files.ts';
import { makeTempRoot, type TempRoot } from '../process/workplace.ts';
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
  /** The Go and JavaScript SDKs ask for a network under this machine's hostname. */
  readonly sharedHostname = hostname();
  readonly #setup: RunSetup;
  readonly #opened: Opened;
  readonly #ports = freePorts();
  readonly #meter = new ProcessMeter();
  /** By group. */
  readonly #shipped = new Map<string, ShippedFiles>();
  #tempRoot: TempRoot | undefined;
  #name: ServiceName | undefined;
  #oomKillsBefore = 0;

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
    const { spec, callerEnv, extraEnv, notice } = this.#setup;
    const all = [...artifacts.values()].map(commandArtifact);
    await checkPrograms(all, spec.plan, { ...callerEnv, ...extraEnv });
    if (all.some(({ traits }) => traits.dialsByName)) this.#name = await serviceName();
    this.#tempRoot = await makeTempRoot(spec.runId, (problem) =>
      notice('WARN', `could not be removed: ${problem}`),
    );
    this.#oomKillsBefore = oomKills() ?? 0;
  }

  async place(request: PlaceRequest): Promise<Placement> {
    const { launcher, watchdog } = this.#opened;
    if (this.#tempRoot === undefined) throw new Error('the session is not prepared');
    return await ProcessPlacement.make(request, {
      setup: this.#setup,
      tempRoot: this.#tempRoot.path,
      hostname: this.hostnameOf(request.instance),
      shipped: this.#shippedFilesOf(request),
      ports: this.#ports,
      name: this.#name,
      launcher,
      watchdog,
      meter: this.#meter,
      oomKillsBefore: this.#oomKillsBefore,
    });
  }

  #shippedFilesOf({ group, artifact }: PlaceRequest): ShippedFiles {
    const known = this.#shipped.get(group.id);
    if (known !== undefined) return known;
    const shipped = readShippedFiles(commandArtifact(artifact).dir);
    this.#shipped.set(group.id, shipped);
    if (shipped.linked.length > 0) {
      const text = `too large to copy for each instance, so all instances share: ${shipped.linked.join(', ')}`;
      this.#setup.notice('INFO', text);
    }
    return shipped;
  }

  async reap(): Promise<number> {
    const ended = await endLeftovers(`TEST_RUN=${this.#setup.spec.runId}`);
    this.#opened.launcher.close();
    return ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ports[Symbol.asyncDispose]();
    await this.#tempRoot?.[Symbol.asyncDispose]();
    await this.#opened.launcher[Symbol.asyncDispose]();
    await this.#opened.watchdog[Symbol.asyncDispose]();
  }
}
