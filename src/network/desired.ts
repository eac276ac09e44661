import type { NetworkConfig } from './config.ts';
import { type Range, rangeIn } from './range.ts';
import type { Shape } from './shape.ts';

/** What a rule does with what is sent to a range. */
export type Filter = 'accept' | 'reject' | 'drop';

export interface Rule extends Range {
  readonly filter: Filter;
}

/** A network configuration that can be applied. */
export interface Desired {
  readonly isEnabled: boolean;
  /** The address that it asks for; undefined to keep the one that it has. */
  readonly address: string | undefined;
  readonly shape: Shape;
  readonly rules: readonly Rule[];
  /** Whether what is outside of the run can be reached. */
  readonly isOpen: boolean;
}

/**
 * Reads what an instance asks for.
 * @returns the configuration, or what is wrong with it, as text: then nothing of it is applied.
 */
export function desiredIn(config: NetworkConfig): Desired | readonly string[] {
  const problems: string[] = [];
  const problem = (text: string) => void problems.push(text);
  const { network, enable, default: shape, rules, routing_policy: routing } = config;
  if (network && network !== 'default') problem(`network "${network}": there is only "default"`);
  if (config.IPv6 !== undefined && config.IPv6 !== null && config.IPv6 !== '')
    problem('an IPv6 address: there are only IPv4 addresses');
  const address = addressIn(config.IPv4, problem);
  const desired = {
    isEnabled: enable === true,
    address,
    shape: shapeIn(shape ?? {}, problem),
    rules: (rules ?? []).flatMap((rule) => {
      const range = rangeIn(rule.subnet);
      const filter = filters[rule.filter];
      if (range === undefined)
        problem(`a rule for ${JSON.stringify(rule.subnet ?? null)}: that is no IPv4 subnet`);
      if (filter === undefined) problem(`a rule with filter ${rule.filter}: there are 0, 1 and 2`);
      return range === undefined || filter === undefined ? [] : [{ ...range, filter }];
    }),
    isOpen: routing === 'allow_all',
  };
  return problems.length > 0 ? problems : desired;
}

const filters: Readonly<Record<number, Filter>> = { 0: 'accept', 1: 'reject', 2: 'drop' };
const nsPerMs = 1e6;
/** The longest latency, in ms: 71 minutes, as netem has it. */
const maxLatency = 0xffff_ffff / 1_000;

type AskedShape = Partial<Readonly<Record<keyof NonNullable<NetworkConfig['default']>, unknown>>>;

function shapeIn(asked: AskedShape, problem: (text: string) => void): Shape {
  const number = (name: keyof AskedShape) => {
    const value = asked[name];
    return typeof value === 'number' ? value : 0;
  };
  const share = (name: keyof AskedShape) => {
    const percent = number(name);
    if (percent < 0 || percent > 100) problem(`${name} ${percent}: it is a percentage, from 0 to 100`);
    return percent / 100;
  };
  const time = (name: 'latency' | 'jitter') => {
    const ms = number(name) / nsPerMs;
    if (ms < 0 || ms > maxLatency) problem(`${name} ${ms}ms: it is at least 0 and at most 71 minutes`);
    return ms;
  };
  const bandwidth = number('bandwidth');
  if (bandwidth < 0) problem(`bandwidth ${bandwidth}: it is at least 0`);
  const filter = number('filter');
  if (filter !== 0) problem(`filter ${filter} for the whole network: name a subnet in a rule`);
  return {
    ...{ latency: time('latency'), jitter: time('jitter'), bandwidth },
    ...{
      loss: share('loss'),
      corrupt: share('corrupt'),
      reorder: share('reorder'),
      duplicate: share('duplicate'),
    },
    corruptCorrelation: share('corrupt_corr'),
    reorderCorrelation: share('reorder_corr'),
    duplicateCorrelation: share('duplicate_corr'),
  };
}

/** The address that is asked for, `16.0.1.1/12` or Go's own form; its prefix does not count. */
function addressIn(asked: unknown, problem: (text: string) => void): string | undefined {
  if (asked === undefined || asked === null || asked === '') return undefined;
  const range = rangeIn(asked);
  if (range === undefined) problem(`the address ${JSON.stringify(asked)}: that is no IPv4 address`);
  return range?.address;
}
