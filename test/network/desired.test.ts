import { expect, test } from 'vitest';
import { readNetworkRequest } from '../../src/network/config.ts';
import { desiredIn } from '../../src/network/desired.ts';
import { unshaped } from '../../src/network/shape.ts';

const asked = (message: object) => {
  const { config } = readNetworkRequest(JSON.stringify(message));
  if (config === undefined) throw new Error('the message is unreadable');
  return desiredIn(config);
};

test('reads the messages of sdk-go from 0.2.6 on', () => {
  expect(
    asked({
      network: 'default',
      IPv4: '16.0.1.7/12',
      enable: true,
      default: { latency: 100_000_000, jitter: 5_000_000, bandwidth: 1_048_576, loss: 2.5, corrupt_corr: 50 },
      rules: [{ subnet: '16.0.0.0/24', filter: 1 }],
      callback_state: 'state',
      routing_policy: 'allow_all',
    }),
  ).toEqual({
    isEnabled: true,
    address: '16.0.1.7',
    shape: {
      ...unshaped,
      latency: 100,
      jitter: 5,
      bandwidth: 1_048_576,
      loss: 0.025,
      corruptCorrelation: 0.5,
    },
    rules: [{ address: '16.0.0.0', prefix: 24, filter: 'reject' }],
    isOpen: true,
  });
});

test('reads the messages of sdk-go 0.2.0 to 0.2.5, with the names and addresses of Go', () => {
  expect(
    asked({
      Network: 'default',
      Enable: true,
      IPv4: { IP: '16.0.1.1', Mask: '//AAAA==' },
      Default: { Latency: 1_000_000, CorruptCorr: 10 },
      Rules: [{ Filter: 2, Subnet: { IP: '16.0.1.2', Mask: '/////w==' } }],
      State: 'state',
    }),
  ).toEqual({
    isEnabled: true,
    address: '16.0.1.1',
    shape: { ...unshaped, latency: 1, corruptCorrelation: 0.1 },
    rules: [{ address: '16.0.1.2', prefix: 32, filter: 'drop' }],
    isOpen: false,
  });
});

test('a configuration that leaves everything out takes the network away, as the sidecar does', () => {
  expect(asked({})).toEqual({
    isEnabled: false,
    address: undefined,
    shape: unshaped,
    rules: [],
    isOpen: false,
  });
});

test.each([
  [{ network: 'other' }, 'network "other": there is only "default"'],
  [{ IPv6: 'fd00::1/64' }, 'an IPv6 address: there are only IPv4 addresses'],
  [{ IPv4: '16.0.1' }, 'the address "16.0.1": that is no IPv4 address'],
  [{ IPv4: '16.0.1.256' }, 'the address "16.0.1.256": that is no IPv4 address'],
  [{ default: { loss: 120 } }, 'loss 120: it is a percentage, from 0 to 100'],
  [{ default: { loss: -1 } }, 'loss -1: it is a percentage, from 0 to 100'],
  [{ default: { duplicate_corr: 101 } }, 'duplicate_corr 101: it is a percentage, from 0 to 100'],
  [{ default: { latency: -1 } }, 'latency -0.000001ms: it is at least 0 and at most 71 minutes'],
  [{ default: { latency: 5e12 } }, 'latency 5000000ms: it is at least 0 and at most 71 minutes'],
  [{ default: { bandwidth: -5 } }, 'bandwidth -5: it is at least 0'],
  [{ default: { filter: 2 } }, 'filter 2 for the whole network: name a subnet in a rule'],
  [{ rules: [{ filter: 1 }] }, 'a rule for null: that is no IPv4 subnet'],
  [{ rules: [{ subnet: '16.0.0.0/33', filter: 1 }] }, 'a rule for "16.0.0.0/33": that is no IPv4 subnet'],
  [{ rules: [{ subnet: '16.0.0.0/8', filter: 3 }] }, 'a rule with filter 3: there are 0, 1 and 2'],
])('says what cannot be applied: %j', (message, problem) => {
  expect(asked(message)).toEqual([problem]);
});
