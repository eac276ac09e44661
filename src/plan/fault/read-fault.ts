import { TgError } from '../../util/errors.ts';
import { shellWords } from '../../util/shell-words.ts';
import { instanceTag } from '../instance-id.ts';
import {
  type FaultKind,
  type FaultSpec,
  type InstanceSet,
  lastingKinds,
  type NetworkEffect,
  networkKinds,
} from './fault.ts';
import { type FaultTable, faultTableSchema } from './fault-table.ts';
import { durationIn, type Refuse, readMoment } from './read-moment.ts';
import { readTarget } from './read-target.ts';

const hint = 'docs/faults.md has all kinds, targets and moments.';

function refusing(where: string): Refuse {
  return (what) => {
    throw new TgError('usage', `fault: ${what}`, { where, hint });
  };
}

/** What links have by default. */
const defaultLinks = { slow: 'latency=200ms', lossy: 'loss=20%' } as const;

/** The settings of a fault of the network; null for one of processes. */
function readNetworkEffect(table: FaultTable, refuse: Refuse): NetworkEffect | null {
  const { kind, layout, direction, link } = table;
  const isOfLinks = kind === 'slow' || kind === 'lossy';
  if (layout !== undefined && kind !== 'partition') refuse(`layout does not go with ${kind}`);
  if (link !== undefined && !isOfLinks) refuse(`link does not go with ${kind}`);
  if (kind === 'nat-reset' && direction !== undefined) refuse('direction does not go with nat-reset');
  if (!networkKinds.some((each) => each === kind)) {
    if (direction !== undefined) refuse(`direction does not go with ${kind}`);
    return null;
  }
  if (layout !== undefined && layout !== 'split' && direction !== undefined)
    refuse(`direction does not go with ${layout}`);
  return {
    layout: layout ?? 'split',
    direction: direction ?? 'both',
    link: isOfLinks ? (link ?? defaultLinks[kind]) : null,
  };
}

/** Reads a fault of a composition. @throws TgError (usage) with what is wrong with it. */
export function readFault(table: FaultTable, where: string): FaultSpec {
  const refuse = refusing(where);
  const { kind } = table;
  const target = readTarget(table.target) ?? refuse(`${JSON.stringify(table.target)} is no target`);
  const moment = readMoment(table, refuse);
  const network = readNetworkEffect(table, refuse);
  const forMs = durationIn(table, 'for', refuse) ?? (kind === 'restart' ? 0 : null);
  if (forMs !== null && !lastingKinds.includes(kind)) refuse(`${kind} happens once: for does not go with it`);
  if (table.value !== undefined && !isWritable(table.value))
    refuse('value must be text, numbers, true or false, lists and tables of them');
  if (target.of.kind === 'cue' && moment.kind !== 'cue') refuse('the target cue needs a cue');
  if (network?.layout !== undefined && network.layout !== 'split' && target.pick !== 'all')
    refuse(`a ${network.layout} is of a whole set: ${JSON.stringify(table.target)} is a share`);
  if (kind === 'partition' && network?.layout === 'split' && target.pick === 'all')
    refuse('a partition needs a share of a set: half:servers, one:all, minority:servers');
  return { kind, network, target, moment, forMs };
}

/**
 * Reads `--fault`: a kind, a target, and keys of the table with their values, `pause one:servers state=ready for=2s`.
 * Words may be quoted as for a shell.
 * @throws TgError (usage) with what is wrong with it.
 */
export function readFaultText(text: string, where: string): FaultSpec {
  const refuse = refusing(where);
  const [kind = '', target = '', ...settings] = shellWords(text) ?? refuse('a quote is not closed');
  const entries = settings.map((setting) => {
    const [, key, value = ''] = /^([a-z]+)=(.+)$/s.exec(setting) ?? [];
    if (key === undefined) return refuse(`${JSON.stringify(setting)} is no setting, such as at=5s`);
    return [key, settingIn(key, value)] as const;
  });
  const twice = entries.find(([key], at) => entries.findIndex(([other]) => other === key) < at);
  if (twice !== undefined) refuse(`${twice[0]} is given twice`);
  const { data, error } = faultTableSchema.safeParse({ kind, target, ...Object.fromEntries(entries) });
  if (data !== undefined) return readFault(data, where);
  return refuse(error.issues.map(({ path, message }) => `${path.join('.') || text}: ${message}`).join('; '));
}

/** Whether a value can be written in JSON and in TOML alike. */
function isWritable(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isWritable);
  if (value instanceof Date) return false;
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isWritable);
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** Numbers are written in digits, and the value of a message as JSON, or as a text. */
function settingIn(key: string, text: string): unknown {
  if (key === 'count' || key === 'times') return /^\d+$/.test(text) ? Number(text) : text;
  if (key !== 'value') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The groups of a run, with their numbers of instances. */
type Groups = readonly { readonly id: string; readonly instances: number }[];

/** What a runner says of faults. */
interface FaultRunner {
  readonly id: string;
  readonly faults: readonly FaultKind[];
  faultProblem?(fault: FaultSpec): string | undefined;
}

/**
 * @param runner what runs them; undefined for one that is only described.
 * @throws TgError (usage) for a fault that names instances which the run does not have, or that its runner cannot inject.
 */
export function checkFaults(
  faults: readonly FaultSpec[],
  groups: Groups,
  runner: FaultRunner | undefined,
): void {
  for (const fault of faults) {
    const { kind, target, moment } = fault;
    if (runner !== undefined && !runner.faults.includes(kind))
      throw new TgError('usage', `fault: the runner ${runner.id} has no ${kind}`, {
        hint: `It has ${runner.faults.join(', ') || 'none'}; local:netns has those of the network, too.`,
      });
    const problem = runner?.faultProblem?.(fault);
    if (problem !== undefined) throw new TgError('usage', `fault: ${kind}: ${problem}`, { hint });
    const by = moment.kind === 'cue' ? moment.by : null;
    for (const set of by === null ? [target.of] : [target.of, by]) checkSet(set, groups);
  }
}

function checkSet(set: InstanceSet, groups: Groups): void {
  if (set.kind !== 'group' && set.kind !== 'instance') return;
  const group = groups.find(({ id }) => id === set.group);
  if (group !== undefined && (set.kind === 'group' || set.index < group.instances)) return;
  const name = set.kind === 'group' ? set.group : instanceTag(set);
  throw new TgError('usage', `fault: the run does not have ${name}`, {
    hint: `Its groups: ${groups.map(({ id, instances }) => `${id} (${instances})`).join(', ')}.`,
  });
}
