import { isIPv4, isIPv6 } from 'node:net';
import { inspect } from 'node:util';
import { filterActions, type LinkRule, type LinkShape, type NetworkConfig } from './config.ts';

/** What the value of a setting must be. */
interface Check {
  readonly must: string;
  readonly holds: (value: unknown) => boolean;
}

type Checks<Settings> = Readonly<Record<keyof Settings, Check>>;

/** The longest delay that sidecars can apply, in ms: 2^32 µs. */
const maxDelay = 4_294_967;

const between = (value: unknown, least: number, most: number) =>
  typeof value === 'number' && value >= least && value <= most;
const isWhole = (value: unknown) => Number.isSafeInteger(value) && between(value, 0, Number.MAX_SAFE_INTEGER);
const isObject = (value: unknown) => typeof value === 'object' && !Array.isArray(value);

const delay: Check = {
  must: `a number of milliseconds from 0 to ${maxDelay}`,
  holds: (value) => between(value, 0, maxDelay),
};
const percentage: Check = { must: 'a percentage from 0 to 100', holds: (value) => between(value, 0, 100) };

const shapeChecks: Checks<LinkShape> = {
  latency: delay,
  jitter: delay,
  bandwidth: { must: 'a whole number of bits per second, or 0 for no limit', holds: isWhole },
  filter: {
    must: 'one of filterActions: 0, 1 or 2',
    holds: (value) => Object.values<unknown>(filterActions).includes(value),
  },
  loss: percentage,
  corrupt: percentage,
  corruptCorr: percentage,
  reorder: percentage,
  reorderCorr: percentage,
  duplicate: percentage,
  duplicateCorr: percentage,
};

/** A rule has a subnet; the filter of a whole network is always `accept`. */
const wholeChecks: Checks<LinkShape> = {
  ...shapeChecks,
  filter: { must: 'accept (0): name a subnet in a rule', holds: (value) => value === filterActions.accept },
};

const ruleChecks: Checks<LinkRule> = {
  ...shapeChecks,
  subnet: { must: 'an IPv4 subnet such as 16.0.1.0/24', holds: (value) => isAddress(value, isIPv4, 32) },
};

const configChecks: Checks<NetworkConfig> = {
  network: { must: 'the name of a network', holds: (value) => typeof value === 'string' && value !== '' },
  IPv4: {
    must: 'an IPv4 address such as 16.0.1.2/16',
    holds: (value) => value === '' || isAddress(value, isIPv4, 32),
  },
  IPv6: {
    must: 'an IPv6 address such as fd00::2/64',
    holds: (value) => value === '' || isAddress(value, isIPv6, 128),
  },
  enable: { must: 'true or false', holds: (value) => typeof value === 'boolean' },
  default: { must: 'an object, a shape', holds: isObject },
  rules: { must: 'an array of rules', holds: (value) => Array.isArray(value) && value.every(isObject) },
  callbackState: { must: 'the name of a state', holds: (value) => typeof value === 'string' },
  callbackTarget: { must: 'a whole number from 0', holds: isWhole },
  routingPolicy: {
    must: 'allow_all or deny_all',
    holds: (value) => value === '' || value === 'allow_all' || value === 'deny_all',
  },
};

/** Describes what is wrong with a configuration: each text names a setting. Empty if nothing is. */
export function problemsIn(config: NetworkConfig): string[] {
  const problems = problemsOf(config, configChecks, '');
  if (problems.length > 0) return problems;
  return [
    ...(config.callbackState ? [] : ['no callback state provided']),
    ...problemsOf(config.default ?? {}, wholeChecks, 'default.'),
    ...(config.rules ?? []).flatMap((rule, index) => [
      ...((rule.subnet ?? '') === '' ? [`rules[${index}] has no subnet`] : []),
      ...problemsOf(rule, ruleChecks, `rules[${index}].`),
    ]),
  ];
}

function problemsOf<Settings extends object>(
  settings: Settings,
  checks: Checks<Settings>,
  at: string,
): string[] {
  return Object.entries(settings).flatMap(([name, value]: [string, unknown]) => {
    if (value === undefined || value === null) return [];
    const check = Object.hasOwn(checks, name) ? checks[name as keyof Settings] : undefined;
    if (check === undefined)
      return [`there is no setting "${at}${name}"; there are ${Object.keys(checks).join(', ')}`];
    return check.holds(value)
      ? []
      : [
          `${at}${name} must be ${check.must}, not ${inspect(value, { breakLength: Number.POSITIVE_INFINITY })}`,
        ];
  });
}

/** Whether a value is an address, with or without a prefix. */
function isAddress(value: unknown, isOne: (text: string) => boolean, bits: number): boolean {
  if (typeof value !== 'string') return false;
  const [, address = '', prefix = '0'] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(value) ?? [];
  return isOne(address) && Number(prefix) <= bits;
}
