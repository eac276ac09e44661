import type { Shape } from '../shape.ts';
import { dropped, type SeededPath, type Taken, takenOf } from './path.ts';
import { isOn } from './side.ts';

/** What is between two ports: the stage where packets are shaped, or nothing but loss. */
export type Between<Stage> = Stage | typeof dropped;

/**
 * Finds what is between two ports. Ports that are on the same sides are of one class, so that there are few pairs. What
 * takes the same paths shares a stage, and with it a rate.
 * @typeParam Stage where an engine shapes packets.
 */
export class PathTable<Stage> {
  readonly #paths: readonly SeededPath[];
  readonly #sides;
  /** The number of each class, by the sides that it is on. */
  readonly #classes = new Map<string, number>();
  /** The sides of each class. */
  readonly #sidesOf: string[] = [];
  /** By the class of the sender, and that of the receiver. */
  readonly #between: Between<Stage>[][] = [];
  /** By the seeds of the paths that shape it. */
  readonly #stages: Map<string, Stage>;

  readonly #make: (shape: Shape, seed: readonly number[]) => Stage;

  /**
   * @param make makes a stage, with the seed of its random choices: four 32-bit numbers.
   * @param before a table that this one replaces: paths that both have keep their stages.
   */
  constructor(
    paths: readonly SeededPath[],
    make: (shape: Shape, seed: readonly number[]) => Stage,
    before?: PathTable<Stage>,
  ) {
    this.#paths = paths;
    this.#stages = new Map(before === undefined ? [] : before.#stages);
    this.#make = make;
    this.#sides = paths.flatMap(({ from, to }) => [from, to]);
  }

  /** The class of a port. @param address undefined while it has no network. */
  classOf(labels: readonly string[], address: number | undefined): number {
    const key = this.#sides.map((side) => (isOn(side, labels, address) ? '1' : '0')).join('');
    const known = this.#classes.get(key);
    if (known !== undefined) return known;
    const its = this.#sidesOf.push(key) - 1;
    this.#classes.set(key, its);
    this.#between.push([]);
    return its;
  }

  /** What is between a sender and a receiver of these classes. */
  between(from: number, to: number): Between<Stage> {
    const row = this.#between[from] ?? [];
    row[to] ??= this.#find(from, to);
    return row[to];
  }

  #find(from: number, to: number): Between<Stage> {
    const [senders, receivers] = [this.#sidesOf[from] ?? '', this.#sidesOf[to] ?? ''];
    const taken = takenOf(
      this.#paths,
      (_, index) => senders[2 * index] === '1' && receivers[2 * index + 1] === '1',
    );
    if (taken.isDropped) return dropped;
    const key = taken.shapedBy.map((index) => this.#paths[index]?.seed.join(' ')).join();
    const stage = this.#stages.get(key) ?? this.#newStage(taken);
    this.#stages.set(key, stage);
    return stage;
  }

  #newStage({ shape, shapedBy }: Taken): Stage {
    const seeds = shapedBy.map((index) => this.#paths[index]?.seed ?? []);
    const seed = [0, 1, 2, 3].map((at) => seeds.reduce((sum, its) => sum + (its[at] ?? 0), 0) | 1);
    return this.#make(shape, seed);
  }
}
