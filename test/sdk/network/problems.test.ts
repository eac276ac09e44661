import { describe, expect, test } from 'vitest';
import { filterActions, type NetworkConfig } from '../../../src/sdk/network/config.ts';
import { problemsIn } from '../../../src/sdk/network/problems.ts';

/** A configuration as a plan in JavaScript may write it. */
const asked = (config: object) => ({ callbackState: 'done', ...config }) as NetworkConfig;

describe('a network configuration', () => {
  test.each([
    {},
    { network: 'default', enable: false, IPv4: '16.0.1.2/16', callbackTarget: 0, routingPolicy: 'allow_all' },
    { IPv4: '16.0.1.2', IPv6: 'fd00::2/64', enable: true, callbackTarget: 3, routingPolicy: 'deny_all' },
    { IPv4: undefined, IPv6: null, default: undefined, rules: [] },
    { default: { latency: 0.5, jitter: 4_294_967, bandwidth: 1_000_000, filter: filterActions.accept } },
    { default: { loss: 100, corrupt: 0.1, corruptCorr: 25, reorder: 1, reorderCorr: 2 } },
    { default: { duplicate: 1, duplicateCorr: 2 }, rules: [{ subnet: '16.0.1.0/24', filter: 2, loss: 1 }] },
    { rules: [{ subnet: '16.0.1.9' }, { subnet: '0.0.0.0/0', filter: 1 }] },
  ])('is valid: %j', (config) => {
    expect(problemsIn(asked(config))).toEqual([]);
  });

  test.each([
    [{ callbackState: '' }, 'no callback state provided'],
    [{ callbackState: undefined }, 'no callback state provided'],
    [{ callbackState: 7 }, 'callbackState must be the name of a state, not 7'],
    [{ network: '' }, "network must be the name of a network, not ''"],
    [{ enable: 'yes' }, "enable must be true or false, not 'yes'"],
    [{ IPv4: '16.0.1.256/16' }, "IPv4 must be an IPv4 address such as 16.0.1.2/16, not '16.0.1.256/16'"],
    [{ IPv4: '16.0.1.2/33' }, "IPv4 must be an IPv4 address such as 16.0.1.2/16, not '16.0.1.2/33'"],
    [{ IPv6: '16.0.1.2' }, "IPv6 must be an IPv6 address such as fd00::2/64, not '16.0.1.2'"],
    [{ callbackTarget: 1.5 }, 'callbackTarget must be a whole number from 0, not 1.5'],
    [{ routingPolicy: 'open' }, "routingPolicy must be allow_all or deny_all, not 'open'"],
    [{ default: [] }, 'default must be an object, a shape, not []'],
    [
      { default: { latency: '50ms' } },
      "default.latency must be a number of milliseconds from 0 to 4294967, not '50ms'",
    ],
    [
      { default: { jitter: -1 } },
      'default.jitter must be a number of milliseconds from 0 to 4294967, not -1',
    ],
    [
      { default: { latency: Number.NaN } },
      'default.latency must be a number of milliseconds from 0 to 4294967, not NaN',
    ],
    [
      { default: { bandwidth: 0.5 } },
      'default.bandwidth must be a whole number of bits per second, or 0 for no limit, not 0.5',
    ],
    [{ default: { loss: 120 } }, 'default.loss must be a percentage from 0 to 100, not 120'],
    [
      { default: { duplicateCorr: -0.1 } },
      'default.duplicateCorr must be a percentage from 0 to 100, not -0.1',
    ],
    [
      { default: { filter: 'drop' } },
      "default.filter must be accept (0): name a subnet in a rule, not 'drop'",
    ],
    [{ default: { filter: 2 } }, 'default.filter must be accept (0): name a subnet in a rule, not 2'],
    [{ rules: { subnet: '16.0.0.0/24' } }, /^rules must be an array of rules, not \{/],
    [{ rules: [{ filter: 1 }] }, 'rules[0] has no subnet'],
    [
      { rules: [{ subnet: '16.0.0.0/24' }, { subnet: 'eu', filter: 1 }] },
      "rules[1].subnet must be an IPv4 subnet such as 16.0.1.0/24, not 'eu'",
    ],
    [
      { default: { delay: 5 } },
      /^there is no setting "default\.delay"; there are latency, jitter, bandwidth, /,
    ],
    [{ ipv4: '16.0.1.2/16' }, /^there is no setting "ipv4"; there are network, IPv4, /],
    [{ toString: 1 }, /^there is no setting "toString"; /],
  ])('is invalid: %o', (config, problem) => {
    expect(problemsIn(asked(config))).toEqual([
      typeof problem === 'string' ? problem : expect.stringMatching(problem),
    ]);
  });

  test('has each of its problems named', () => {
    const config = { default: { loss: 101, corrupt: 102 }, rules: [{ subnet: 'x' }] };
    expect(problemsIn(asked(config))).toHaveLength(3);
  });
});
