import { readSettings } from '../read-access-link.ts';
import { type Shape, unshaped } from '../shape.ts';
import type { Side } from './side.ts';

/** What happens to packets that they disappear. */
export const dropped = 'drop';

/** What happens to packets on the way from one side to another, between the links of both. */
export interface Path {
  readonly from: Side;
  readonly to: Side;
  /** Settings of a shape, or their disappearance. */
  readonly effect: Partial<Shape> | typeof dropped;
}

/** A path as a person writes it. */
export interface PathText {
  readonly from: string;
  readonly to: string;
  readonly isBothWays: boolean;
  readonly effect: string;
}

/** Splits `clients>servers:latency=20ms` or, for both ways, `eu<>us:drop`. @returns undefined for another text. */
export function splitPath(text: string): PathText | undefined {
  const [, from, arrow, to, effect] = /^([^<>:]+)(<?>)([^<>:]+):(.*)$/.exec(text) ?? [];
  if (from === undefined || to === undefined || effect === undefined) return undefined;
  return { from: from.trim(), to: to.trim(), isBothWays: arrow === '<>', effect: effect.trim() };
}

/** Reads `drop` or settings. @returns what is wrong with it, as text, if it is neither. */
export function readEffect(text: string): Path['effect'] | string {
  return text === dropped ? dropped : readSettings(text);
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
