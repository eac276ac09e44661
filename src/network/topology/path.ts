import { readSettings } from '../read-access-link.ts';
import { type Shape, unshaped } from '../shape.ts';
import type { Side } from './side.ts';

/** The effect of a path that drops every packet. */
export const dropped = 'drop';

/** What happens to packets on the way from one side to another, between the links of both. */
export interface Path {
  readonly from: Side;
  readonly to: Side;
  /** The settings of a shape that it changes, or `drop`. */
  readonly effect: Partial<Shape> | typeof dropped;
}

/** A path with the seed of its random choices: four 32-bit numbers. */
export interface SeededPath extends Path {
  readonly seed: readonly number[];
}

/** A path as a person writes it, between sides by their names. */
export interface NamedPath extends Pick<Path, 'effect'> {
  readonly from: string;
  readonly to: string;
  readonly isBothWays: boolean;
}

/**
 * Reads a path: `clients>servers:latency=20ms` or, for both ways, `eu<>us:drop`.
 * @returns undefined for a text that is no path, or what is wrong with its effect, as text.
 */
export function readPath(text: string): NamedPath | string | undefined {
  const [, from, arrow, to, asked] = /^([^<>:]+)(<?>)([^<>:]+):(.*)$/.exec(text) ?? [];
  if (from === undefined || to === undefined || asked === undefined) return undefined;
  const settings = asked.trim();
  const effect = settings === dropped ? undefined : readSettings(settings);
  if (typeof effect === 'string') return effect;
  return { from: from.trim(), to: to.trim(), isBothWays: arrow === '<>', effect: effect ?? dropped };
}

/** What happens to packets from one instance to another. */
export interface Taken {
  /** For each setting, that of the last path that has it. */
  readonly shape: Shape;
  /** The paths that have settings, by their index. */
  readonly shapedBy: readonly number[];
  readonly isDropped: boolean;
}

/** Chooses among paths. @param fits whether a path is between the two. */
export function takenOf(paths: readonly Path[], fits: (path: Path, index: number) => boolean): Taken {
  let shape = unshaped;
  const shapedBy: number[] = [];
  let isDropped = false;
  for (const [index, path] of paths.entries()) {
    if (!fits(path, index)) continue;
    if (path.effect === dropped) isDropped = true;
    else {
      shape = { ...shape, ...path.effect };
      shapedBy.push(index);
    }
  }
  return { shape, shapedBy, isDropped };
}
