import type { Disturbance } from '../../network/backend.ts';
import { natKinds } from '../../network/nat-kind.ts';
import type { SeededPath } from '../../network/topology/path.ts';
import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import { seedOfPath, switchPaths, type Topology } from './topology.ts';

/** The paths of a run: those that it declares, and those of its faults. */
export class RunPaths {
  readonly declared: readonly SeededPath[];
  readonly #topology: Topology | undefined;
  readonly #runSeed: string;
  #count = 0;

  /** @param topology what the run declares about its network, if anything. */
  constructor(topology: Topology | undefined, runSeed: string) {
    this.declared = topology === undefined ? [] : switchPaths(topology, runSeed);
    this.#topology = topology;
    this.#runSeed = runSeed;
  }

  /** The paths of a fault. Their random choices follow from the seed of the run, and from the faults before. */
  seeded(disturbances: readonly Disturbance[]): readonly SeededPath[] {
    return disturbances.map(({ from, to, effect }) => ({
      from: { anyOf: from.map(instanceTag) },
      to: { anyOf: to.map(instanceTag) },
      effect,
      seed: seedOfPath(this.#runSeed, `fault ${this.#count++}`),
    }));
  }

  hasNat(instance: InstanceId): boolean {
    return this.#topology?.natOf(instance) !== undefined;
  }

  /** Whether an instance is behind a NAT together with others. */
  sharesNat(instance: InstanceId): boolean {
    const nat = this.#topology?.natOf(instance);
    return nat !== undefined && natKinds[nat.kind].isShared;
  }
}
