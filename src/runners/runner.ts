import type { Server } from 'node:net';
import type { NetworkBackend } from '../network/backend.ts';
import type { Artifact } from '../plan/artifact.ts';
import type { InstanceId, InstanceRef } from '../plan/instance-id.ts';
import type { GroupSpec, RunSpec } from '../plan/run-spec.ts';
import type { Address } from '../sync/server/endpoint.ts';
import type { CallerKey } from '../sync/server/identity.ts';

/** The artifact of each group of a run, by the group's ID. */
export type Artifacts = ReadonlyMap<string, Artifact>;

/** Something that runs instances: processes of this machine, containers, pods. */
export interface Runner {
  /** Checks that what the runner needs is there, for `tg healthcheck`. */
  checks(): readonly HealthCheck[];
  /**
   * What is left of runs whose tg has ended without cleaning up, for `tg doctor`.
   * @returns as text, `2 processes` for instance; undefined if nothing is left.
   */
  leftovers(runIds: ReadonlySet<string>): Promise<string | undefined>;
  /**
   * Ends everything that is left of such a run, and removes its temporary files, for `tg terminate`.
   * @returns what was ended, as text; undefined if there was nothing.
   */
  endLeftovers(runId: string): Promise<string | undefined>;
  /**
   * The beginning of a command line that runs a command in the network of an active instance, for `tg net shell`;
   * absent if instances have no networks of their own.
   * @throws TgError (usage) if the instance has ended.
   */
  readonly enterNetwork?: (ref: InstanceRef) => readonly string[];
  /**
   * Prepares the runner for a run, before the build.
   * @throws TgError (environment) if it cannot carry out this run: a limit, a missing engine, an unreachable cluster.
   */
  open(setup: RunSetup): Promise<Session>;
}

/** A requirement that `tg healthcheck` checks. */
export interface HealthCheck {
  readonly name: string;
  check(): Promise<CheckResult>;
}

export interface CheckResult {
  readonly state: 'ok' | 'failed' | 'missing';
  /** What was found, for a person. */
  readonly text: string;
}

/** What a runner learns about a run before the build. */
export interface RunSetup {
  readonly spec: RunSpec;
  /** The variables of `--env`. */
  readonly extraEnv: Readonly<Record<string, string>>;
  readonly callerEnv: NodeJS.ProcessEnv;
  /** Aborts when the run is being stopped. */
  readonly stop: AbortSignal;
  /** Aborts when everything must end at once: the second Ctrl-C. */
  readonly kill: AbortSignal;
  readonly notice: (level: 'INFO' | 'WARN', text: string) => void;
}

/**
 * A runner at work on one run, until it is disposed of. What `reap`, disposing of a place and disposing of the session
 * throw is reported as a warning: the verdict is known by then, or soon will be.
 */
export interface Session extends AsyncDisposable {
  /** Limits that may be too low for the run, as text; reported if instances fail. */
  readonly doubts: readonly string[];
  /** Aborts with a TgError if what the instances run on is lost: the launcher, the engine, the API server. */
  readonly lost: AbortSignal;
  /** How many processors its instances can use at once; undefined if that is not known. */
  readonly processors: number | undefined;
  /** Shapes the instances' networks. */
  readonly network: NetworkBackend;
  /**
   * A port of the sync service for all instances, which are distinguished by their address or a token, or not at all;
   * undefined if each instance has a port of its own. Unknown callers are refused. A token is for clients that send
   * one as an HTTP header: SDKs do not. `servers` listen already, in a network that only the runner can reach.
   */
  readonly sharedPort:
    | (Partial<Address> & {
        readonly by: 'address' | 'token' | 'nothing';
        readonly servers?: readonly Server[];
      })
    | undefined;
  /**
   * A name that several instances may use as their hostname, apart from their own; undefined if there is none.
   * Instances that share a machine share its hostname.
   */
  readonly sharedHostname: string | undefined;
  /** The hostname under which an instance asks for its network; unique across runs. */
  hostnameOf(instance: InstanceId): string;
  /**
   * Prepares the session for the artifacts of the run. At the timeout, `stop` aborts, and this should throw.
   * @throws TgError (environment) if something that these artifacts need is missing.
   */
  prepare(artifacts: Artifacts): Promise<void>;
  /**
   * Prepares the place in which an instance will run.
   * @throws Error if that is not possible.
   */
  place(request: PlaceRequest): Promise<Placement>;
  /**
   * Ends everything that instances have left behind, and removes temporary files. No instance is started afterwards.
   * @returns what was ended in the whole run, as text, `2 processes` for instance; undefined if there was nothing.
   */
  reap(): Promise<string | undefined>;
}

/** The instance that needs a place. */
export interface PlaceRequest {
  readonly instance: InstanceId;
  readonly group: GroupSpec;
  readonly artifact: Artifact;
  /** The folder of its outputs on this machine. */
  readonly outputs: string;
  /** Whether a person starts it. */
  readonly manual: boolean;
}

/** The folders of an instance, as it sees them. */
export interface InstancePaths {
  readonly outputs: string;
  readonly temp: string;
  /** The built plan. */
  readonly plan: string;
}

/** The place in which an instance runs. Disposing of it removes its temporary files. */
export interface Placement extends AsyncDisposable {
  readonly inside: InstancePaths;
  /** The value of TEST_SUBNET: the subnet in which the instance looks for its address, in CIDR notation. */
  readonly subnet: string;
  /**
   * Variables that the runner sets: `defaults`, which `--env` overrides, and `overrides`, which override `--env`. The
   * variables of the run environment override both.
   */
  readonly env: {
    readonly defaults: Readonly<Record<string, string>>;
    readonly overrides: Readonly<Record<string, string>>;
  };
  /** How the sync service recognizes the instance on the session's shared port, if it tells instances apart. */
  readonly caller?: CallerKey | undefined;
  /**
   * Where the sync service listens for this instance, another address at each call; undefined for any free port of
   * the loopback interface. Not called if the instance uses the shared port.
   */
  listenAt(): Partial<Address> | undefined;
  /** The address under which the instance reaches a server of this machine. */
  reach(listening: Address): Address;
  /**
   * Starts the instance.
   * @throws Error with the system's message if it cannot be started.
   */
  start(launch: Launch): Promise<InstanceHandle>;
  /** Prepares an instance that a person starts; absent if the runner does not support that. */
  startManually?(launch: Launch): Promise<ManualInstance>;
}

/** How an instance is started. */
export interface Launch {
  /** Its complete environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The existing files that its stdout and stderr are appended to. */
  readonly capture: { readonly stdout: string; readonly stderr: string };
  /** Its endpoint of the sync service. */
  readonly endpoint: {
    readonly host: string;
    /** Whether an SDK was connected and has disconnected. */
    hasLeft(): boolean;
  };
}

/** A started instance. */
export interface InstanceHandle {
  readonly ref: InstanceRef;
  /** Resolves when it has ended; to undefined if its exit status cannot be known because the session is lost. */
  readonly exited: Promise<ExitStatus | undefined>;
  /** Resolves when all of its output is in the capture files, to an error message or undefined. */
  readonly flushed: Promise<string | undefined>;
  /** How long, in ms, `flushed` may take after the end; default: 5 s. */
  readonly flushTimeoutMs?: number;
  /** Whether it is suspended: by a SIGSTOP, a debugger, or a paused container. */
  isSuspended(): boolean;
  /** What it has done in the last moment, as far as that is visible. The first calls may return `busy`. */
  activity(): Activity;
  /** Its resource usage so far; undefined if this cannot be measured. */
  usage(): Usage | undefined;
  /** Suspends all its processes, and lets them go on; absent if the runner cannot. */
  readonly suspension?: { pause(): void; resume(): void };
  /** Ends it gracefully: asks it to end, and kills it after the grace period. */
  stop(options: StopOptions): void;
  /**
   * Kills it and everything that it started. Called after its end too, to end what is left; output that is not written
   * yet must survive.
   */
  kill(): void;
  /**
   * Ends what it has left behind after its end.
   * @param isAsked whether a fault asks for that; otherwise, the session's `reap` counts it.
   */
  reap(isAsked?: boolean): Promise<void>;
}

/** What an instance does: `unknown` if the runner cannot see it. */
export type Activity = 'busy' | 'idle' | 'unknown';

/** How an instance ended. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** For a killed instance, how many processes the kernel's OOM killer has killed since the run began. */
  readonly oomKills?: number;
}

/** The resources that an instance has used. */
export interface Usage {
  /** Processor time in ms, of its children too. */
  readonly cpuMs: number;
  /** Memory in bytes; shared memory counts for each process. */
  readonly bytes: number;
}

export interface StopOptions {
  /** How long, in ms, it may take to end by itself. */
  readonly graceMs: number;
  /** Whether it prints its stacks first. */
  readonly dumpStacks: boolean;
}

/** An instance that a person starts, for example under a debugger. */
export interface ManualInstance {
  readonly handle: InstanceHandle;
  /** A shell script that starts the instance; with arguments, it runs those instead. */
  readonly script: string;
  /** A file for a shell to source: sets the variables and the working directory. */
  readonly environment: string;
  readonly command: readonly string[];
}
