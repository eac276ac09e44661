import type { TgError } from '../../util/errors.ts';
import type { Artifact } from '../artifact.ts';
import type { FaultKind, FaultSpec } from '../fault/fault.ts';
import type { InstanceId } from '../instance-id.ts';
import type { NetworkWay } from '../network-way.ts';
import type { RunnerValues, RunSpec } from '../run-spec.ts';
import type { Found } from './layered-config.ts';

/** A runner, as far as resolving a run needs to know it. */
export interface RunnerInfo {
  readonly id: string;
  /** The artifacts that it can start. */
  readonly accepts: readonly Artifact['kind'][];
  /** Names of Testground's runners that it can stand in for, each with a note on what differs. */
  readonly replaces: Readonly<Record<string, string>>;
  /** Other runners: a plan that enables one of them can be run by this one, too. */
  readonly enabledBy: readonly string[];
  /** The kinds of faults that it can inject. */
  readonly faults: readonly FaultKind[];
  /** What is wrong with the settings of a fault, as text; undefined if nothing is. */
  faultProblem?(fault: FaultSpec): string | undefined;
  /** The keys of its own configuration, besides those that every runner has. */
  readonly configKeys: readonly string[];
  /**
   * Reads the values of these keys. An invalid value is left out and is a doubt, which `--strict` refuses.
   */
  readConfig(found: ReadonlyMap<string, Found<unknown>>): RunnerConfig;
  /** Whether a person can start an instance in its place (`--hold`). */
  readonly startsManually: boolean;
  /** Whether it gives instances networks that can be shaped (`sidecar = "apply"`, its default). */
  readonly shapesNetworks: boolean;
  /**
   * What a run declares between its instances; left out by a runner that shapes no networks.
   * @param only these instances; all by default.
   * @throws TgError (usage) for names that the run does not have.
   */
  declaredWays?(spec: RunSpec, only?: readonly InstanceId[]): readonly NetworkWay[];
  /** Checks what only the whole run shows. @throws TgError (usage) with what does not fit. */
  checkRun?(spec: RunSpec): void;
  /** Why it does not limit what instances use, as text; undefined if it applies `resources`. */
  readonly withoutResources: string | undefined;
}

/** The configuration of a runner, as JSON data. */
export interface RunnerConfig {
  readonly values: RunnerValues;
  /** Problems of values that are left out. */
  readonly doubts: readonly TgError[];
}

/** All runners: those that exist, and the names of planned ones. */
export interface RunnerCatalog {
  readonly ready: readonly RunnerInfo[];
  readonly planned: readonly string[];
}

/** The runners, as one machine has them. */
export interface MachineRunners extends RunnerCatalog {
  /** What stands in for Testground's runners on this machine, by their names. */
  readonly standIns: Readonly<Record<string, StandIn>>;
}

/** A runner that stands in for one of Testground's. */
export interface StandIn {
  readonly id: string;
  /** What differs, and why it is not a better one, in one line. */
  readonly note: string;
}

/** The runner with an ID; undefined if it does not exist. */
export function runnerInfo({ ready }: RunnerCatalog, id: string): RunnerInfo | undefined {
  return ready.find((info) => info.id === id);
}

/** The runner for a name on this machine: that with this ID, or the stand-in. Undefined if there is none. */
export function runnerNamed(runners: MachineRunners, name: string): RunnerInfo | undefined {
  return runnerInfo(runners, standInFor(runners, name)?.id ?? name);
}

/** What stands in for a runner of Testground's; undefined for other names. */
export function standInFor({ standIns }: MachineRunners, name: string): StandIn | undefined {
  return Object.hasOwn(standIns, name) ? standIns[name] : undefined;
}
