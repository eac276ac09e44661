import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { unshapedNetwork } from '../../network/unshaped-network.ts';
import { endLeftovers } from '../../os/leftovers.ts';
import type { Watchdog } from '../../os/watchdog.ts';
import { type Artifact, commandArtifact } from '../../plan/artifact.ts';
import type { InstanceId } from '../../plan/instance-id.ts';
import { messageOf, TgError } from '../../util/errors.ts';
import { freePorts } from '../process/free-ports.ts';
import type { Launcher } from '../process/launch/launcher.ts';
import { countText } from '../process/leftovers.ts';
import { checkPrograms } from '../process/needed-programs.ts';
import { oomKills } from '../process/oom.ts';
import { ProcessMeter } from '../process/process-meter.ts';
import { type ServiceName, serviceName } from '../process/service-name.ts';
import { readShippedFiles, type ShippedFiles } from '../process/shipped-files.ts';
import { makeTempRoot, type TempRoot } from '../process/temp-folders.ts';
import { pathWithTg } from '../process/tg-on-path.ts';
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
  /** By group. */
  readonly #shipped = new Map<string, ShippedFiles>();
  #tempRoot: TempRoot | undefined;
  #name: ServiceName | undefined;
  #scriptPath: string | undefined;
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
    const { spec, callerEnv, extraEnv, notice } = this.#setup;
    const all = [...artifacts.values()].map(commandArtifact);
    await checkPrograms(all, spec.plan, { ...callerEnv, ...extraEnv });
    if (all.some(({ traits }) => traits.dialsByName)) this.#name = await serviceName();
    this.#tempRoot = await makeTempRoot(spec.runId, (problem) =>
      notice('WARN', `could not be removed: ${problem}`),
    );
    for (const group of spec.groups) this.#readShippedFiles(group.id, artifacts.get(group.id));
    if (spec.groups.some(({ build }) => build.builder === 'exec:generic'))
      this.#scriptPath = this.#pathForScripts();
    this.#oomKillsBefore = oomKills() ?? 0;
  }

  /** Scripts use `tg sync`, so they need tg on their PATH; other plans keep their PATH. */
  #pathForScripts(): string {
    const { callerEnv, extraEnv } = this.#setup;
    const path = extraEnv['PATH'] ?? callerEnv['PATH'] ?? '';
    return pathWithTg(join(this.#tempRoot?.path ?? '', '.bin'), path);
  }

  #readShippedFiles(group: string, artifact: Artifact | undefined): void {
    if (artifact === undefined) return;
    const { dir } = commandArtifact(artifact);
    try {
      const shipped = readShippedFiles(dir);
      this.#shipped.set(group, shipped);
      if (shipped.linked.length === 0) return;
      const text = `too large to copy for each instance, so all instances share: ${shipped.linked.join(', ')}`;
      this.#setup.notice('INFO', text);
    } catch (cause) {
      throw new TgError('environment', `the artifact cannot be read: ${messageOf(cause)}`, {
        where: dir,
        hint: 'It was removed or changed during the run. Run again: tg builds it again.',
        cause,
      });
    }
  }

  async place(request: PlaceRequest): Promise<Placement> {
    const { launcher, watchdog } = this.#opened;
    const shipped = this.#shipped.get(request.group.id);
    if (this.#tempRoot === undefined || shipped === undefined) throw new Error('the session is not prepared');
    return await ProcessPlacement.make(request, {
      setup: this.#setup,
      tempRoot: this.#tempRoot.path,
      shipped,
      scriptPath: this.#scriptPath,
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
    const tempRoot = this.#tempRoot;
    this.#tempRoot = undefined;
    try {
      await this.#ports[Symbol.asyncDispose]();
    } finally {
      await tempRoot?.[Symbol.asyncDispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using _watchdog = this.#opened.watchdog;
    await using _launcher = this.#opened.launcher;
    await this.#removeTemporary();
  }
}
