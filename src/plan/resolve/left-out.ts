import { TgError } from '../../util/errors.ts';
import { didYouMean } from '../../util/suggest.ts';
import { allKeysOf, keysOf, whatIs } from './testground-keys.ts';

/** Configuration that is not applied. */
export interface LeftOut {
  /** Notes on keys for builders or runners that are not available. */
  readonly notes: readonly string[];
  /** Problems of keys that are unknown or in the wrong place. */
  readonly doubts: readonly TgError[];
  /** Problems of refused flags. */
  readonly refused: readonly TgError[];
}

interface Keys {
  readonly kind: 'builder' | 'runner';
  /** The builder or runner that the keys were given to. */
  readonly id: string;
  /** Names that the sections and flags may refer to. */
  readonly names: readonly string[];
  readonly known: readonly string[];
  /** The requested Docker name, if any. */
  readonly standsFor: string | undefined;
}

/**
 * Reports which keys of a configuration are not applied, and why.
 * @param origins the origin of each key.
 * @param unknownFlags how unknown keys in flags are handled.
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
    // `enabled` is not configuration.
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

/** Keys with one origin, and the builders or runners that know them. */
interface Other {
  readonly keys: readonly string[];
  readonly of: readonly string[];
}

function otherKeys(where: string, { keys, of }: Other, id: string): TgError {
  const message = `${keys.join(', ')}: configuration of ${of.join(' and ')}, which ${id} does not have`;
  return new TgError('usage', message, { where });
}

/** Whether the origin is the section of a Docker name although none was requested. */
function isUnasked(where: string, { id, names, standsFor }: Keys): boolean {
  return standsFor === undefined && names.some((name) => name !== id && isSection(where, name));
}

/** Whether the origin is a section of manifest or home, as named by `sectionsOf`. */
function isSection(where: string, name: string): boolean {
  return where.endsWith(`s."${name}"`);
}

function withoutWhat(key: string, where: string, { kind, id, standsFor }: Keys): string {
  const isDockers =
    standsFor !== undefined && !isSection(where, id) && keysOf(kind, [standsFor]).includes(key);
  return isDockers ? 'not applied without Docker' : `not applied by ${id}`;
}

/** Whether the value was given by a flag, and not in a file. */
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

/** Formats a problem as a one-line note. @param then the consequence. */
export function inOneLine({ where, message, hint }: TgError, then: string): string {
  const place = where === undefined ? '' : `${where}: `;
  // A list of all known names would fill the line.
  const near = /^(Known: |There is no )/.test(hint ?? '') ? undefined : hint;
  return `${place}${message}; ${then}${near === undefined ? '' : `. ${near.replaceAll('\n', ' ')}`}`;
}
