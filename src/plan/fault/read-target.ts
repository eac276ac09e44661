import { type FaultTarget, type InstanceSet, shareNames } from './fault.ts';

/** Reads a target: a set, or a share of one: `servers`, `one:servers`, `2:all`. @returns undefined for none. */
export function readTarget(text: string): FaultTarget | undefined {
  const [, share, rest] = /^([a-z]+|[1-9]\d*):(.+)$/s.exec(text) ?? [];
  const pick = share === undefined ? undefined : readPick(share);
  if (rest === undefined || pick === undefined) {
    const of = readSet(text);
    return of && { pick: 'all', of };
  }
  const of = readSet(rest);
  return of && { pick, of };
}

function readPick(share: string): FaultTarget['pick'] | undefined {
  return /^\d+$/.test(share) ? Number(share) : shareNames.find((name) => name === share);
}

/** Reads a set: `all`, `servers`, `servers[0]`, `signalled(ready)`, `first(leader)`, `cue`. */
export function readSet(text: string): InstanceSet | undefined {
  if (text === 'all' || text === 'cue') return { kind: text };
  const [, how, state] = /^(signalled|first)\((.+)\)$/s.exec(text) ?? [];
  if (state !== undefined) return { kind: how === 'first' ? 'first' : 'signalled', state };
  const [, group, index] = /^(.+)\[(\d+)\]$/s.exec(text) ?? [];
  if (group !== undefined) return { kind: 'instance', group, index: Number(index) };
  return /[()[\]:,/]/.test(text) || text === '' ? undefined : { kind: 'group', group: text };
}
