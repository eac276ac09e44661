import { TgError } from '../../util/errors.ts';
import { didYouMean } from '../../util/suggest.ts';
import { allKeysOf, keysOf, whatIs } from './testground-keys.ts';

/** Configuration that is not applied. */
export interface LeftOut {
  /** What is said of keys that were meant for what is not here. */
  readonly notes: readonly string[];
  /** What is said of keys that are in the wrong place, or that nobody knows. */
  readonly doubts: readonly TgError[];
  /** What is wrong with flags that are refused. */
  readonly refused: readonly TgError[];
}

interface Keys {
  readonly kind: 'builder' | 'runner';
  /** What would have to know them. */
  readonly id: string;
  /** What may have been meant by the sections and flags in which they stand. */
  readonly names: readonly string[];
  readonly known: readonly string[];
  /** The name from the Docker world that was asked for, where one was. */
  readonly standsFor: string | undefined;
}

/**
 * Says which keys of a configuration are not applied, and why.
 * @param origins where each key of the configuration stands.
 * @param unknownFlags how flags with an unknown key are treated.
 */
export function leftOutOf(
  origins: readonly (readonly [key: string, where: string])[],
  keys: Keys,
  unknownFlags: 'refuse' | 'tell' = 'refuse',
): LeftOut {
  const meant = new Map<string, string[]>();
  const others = new Map<string, Other>();
  const unknown: TgError[] = [];
  const refused: TgError[] = [];
  for (const [key, where] of origins) {
    // A section is enabled, or it is not: that is no configuration.
    if (keys.known.includes(key) || key === 'enabled') continue;
    const what = whatIs(key, keys.kind, keys.names);
    if (what === 'meant') {
      if (isUnasked(where, keys)) continue;
      const note = `${withoutWhat(key, where, keys)} (${where})`;
      meant.set(note, [...(meant.get(note) ?? []), key]);
    } else if (what === 'unknown') {
      const problem = unknownKey(key, where, keys);
      (isFlag(where) && unknownFlags === 'refuse' ? refused : unknown).push(problem);
    } else {
      const before = others.get(where) ?? { keys: [], of: [] };
      const of = before.of.some((name) => what.of.includes(name))
        ? before.of
        : [...before.of, what.of[0] ?? ''];
      others.set(where, { keys: [...before.keys, key], of });
    }
  }
  const notes = [...meant].map(([note, its]) => `${note}: ${its.join(', ')}`);
  const elsewhere = [...others].map(([where, other]) => otherKeys(where, other, keys.id));
  return { notes, doubts: [...elsewhere, ...unknown], refused };
}

/** Keys of one place, and the builders or runners that have them. */
interface Other {
  readonly keys: readonly string[];
  readonly of: readonly string[];
}

function otherKeys(where: string, { keys, of }: Other, id: string): TgError {
  const message = `${keys.join(', ')}: configuration of ${of.join(' and ')}, which ${id} does not have`;
  return new TgError('usage', message, { where });
}

/** Whether a place is the section of a name of the Docker world, and none was asked for. */
function isUnasked(where: string, { id, names, standsFor }: Keys): boolean {
  return standsFor === undefined && names.some((name) => name !== id && isSection(where, name));
}

/** Whether a place is a section of manifest or home, as `sectionsOf` names them. */
function isSection(where: string, name: string): boolean {
  return where.endsWith(`s."${name}"`);
}

function withoutWhat(key: string, where: string, { kind, id, standsFor }: Keys): string {
  const isDockers =
    standsFor !== undefined && !isSection(where, id) && keysOf(kind, [standsFor]).includes(key);
  return isDockers ? 'not applied without Docker' : `not applied by ${id}`;
}

/** Whether a value was given by whoever runs tg, and stands in no file. */
function isFlag(where: string): boolean {
  return where.startsWith('--') || where === 'runConfig';
}

function unknownKey(key: string, where: string, { kind, id, known }: Keys): TgError {
  const all = new Set([...known, ...allKeysOf(kind)]);
  const hint = didYouMean(key, all, kind === 'builder' ? 'build configuration' : 'run configuration');
  const message =
    kind === 'builder' ? `${id} has no build configuration "${key}"` : `unknown run configuration "${key}"`;
  return new TgError('usage', message, { where, hint });
}

/** A problem as a note of one line. @param then what becomes of it. */
export function inOneLine({ where, message, hint }: TgError, then: string): string {
  const place = where === undefined ? '' : `${where}: `;
  // A list of all that there is would fill the line.
  const near = /^(Known: |There is no )/.test(hint ?? '') ? undefined : hint;
  return `${place}${message}; ${then}${near === undefined ? '' : `. ${near.replaceAll('\n', ' ')}`}`;
}
