import { hostname } from 'node:os';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NetworkClient, NetworkError } from '../../../src/sdk/network/network-client.ts';
import { RunEnv } from '../../../src/sdk/run-env.ts';
import { parseRunParams } from '../../../src/sdk/run-params.ts';
import { SyncClient } from '../../../src/sdk/sync-client.ts';
import type { Endpoint } from '../../../src/sync/server/endpoint.ts';
import { rawClient, someSyncService } from '../../support/sync-service.ts';

const inRun = { TEST_RUN: 'r', TEST_PLAN: 'p', TEST_CASE: 'c', TEST_GROUP_ID: 'g', TEST_INSTANCE_COUNT: '2' };
const prefix = 'run:r:plan:p:case:c:';
let endpoint: Endpoint;
let said: string[] = [];

beforeEach(async () => {
  endpoint = await someSyncService();
  vi.stubEnv('SYNC_SERVICE_HOST', endpoint.host);
  vi.stubEnv('SYNC_SERVICE_PORT', String(endpoint.port));
  said = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.push(String(text));
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

async function clientWith(env: Record<string, string>): Promise<NetworkClient> {
  const runenv = new RunEnv(parseRunParams({ ...inRun, ...env }));
  return new NetworkClient(await SyncClient.connect(runenv), runenv);
}

test('with a sidecar, waits for the network, sends a configuration, and waits until it is in force', async () => {
  const sidecar = await rawClient(endpoint);
  const network = await clientWith({ TEST_SIDECAR: 'true', TEST_SUBNET: '127.0.0.0/8' });
  const initialized = network.waitNetworkInitialized();
  for (let entry = 0; entry < 2; entry++) {
    sidecar.send(JSON.stringify({ id: '0', signal_entry: { state: `${prefix}states:network-initialized` } }));
    await sidecar.next();
  }
  await initialized;
  expect(said.join('')).toContain('network initialisation successful');

  const configured = network.configureNetwork({
    network: 'default',
    enable: true,
    IPv4: '16.0.1.2/16',
    default: { latency: 100, jitter: 0.5, bandwidth: 1_024, loss: 2, corruptCorr: 3 },
    rules: [{ subnet: '16.0.2.0/24', filter: 2 }],
    callbackState: 'shaped',
    callbackTarget: 1,
    routingPolicy: 'deny_all',
  });
  sidecar.send(JSON.stringify({ id: '1', subscribe: { topic: `${prefix}topics:network:${hostname()}` } }));
  const none = {
    latency: 0,
    jitter: 0,
    bandwidth: 0,
    filter: 0,
    loss: 0,
    corrupt: 0,
    corrupt_corr: 0,
    reorder: 0,
  };
  const shape = { ...none, reorder_corr: 0, duplicate: 0, duplicate_corr: 0 };
  expect(JSON.parse(JSON.parse(await sidecar.next()).subscribe)).toEqual({
    network: 'default',
    IPv4: '16.0.1.2/16',
    IPv6: null,
    enable: true,
    default: { ...shape, latency: 100_000_000, jitter: 500_000, bandwidth: 1_024, loss: 2, corrupt_corr: 3 },
    rules: [{ ...shape, filter: 2, subnet: '16.0.2.0/24' }],
    callback_state: 'shaped',
    routing_policy: 'deny_all',
  });
  sidecar.send(JSON.stringify({ id: '2', signal_entry: { state: `${prefix}states:shaped` } }));
  await configured;
  expect(network.getDataNetworkIP()).toBe('127.0.0.1');
});

test('with a sidecar, fails if no address is in the subnet, or if no callback state is given', async () => {
  const network = await clientWith({ TEST_SIDECAR: 'true', TEST_SUBNET: '203.0.113.0/24' });
  expect(() => network.getDataNetworkIP()).toThrow(
    'no network interface of this instance is in the subnet 203.0.113.0/24',
  );
  await expect(
    network.configureNetwork({ network: 'default', enable: true, callbackState: '' }),
  ).rejects.toThrow('no callback state provided');
});

test.each(['true', 'false'])(
  'sends no invalid configuration, and names what is wrong; with a sidecar: %s',
  async (sidecar) => {
    const network = await clientWith({ TEST_SIDECAR: sidecar });
    const wrong = network.configureNetwork({
      callbackState: 'shaped',
      default: { loss: 120 },
      rules: [{ subnet: '16.0.0.0/33' }],
    });
    await expect(wrong).rejects.toBeInstanceOf(NetworkError);
    await expect(wrong).rejects.toThrow(
      'failed to configure network; default.loss must be a percentage from 0 to 100, not 120; rules[0].subnet must',
    );
    const client = await rawClient(endpoint);
    client.send(
      JSON.stringify({
        id: '0',
        publish: { topic: `${prefix}topics:network:${hostname()}`, payload: 'first' },
      }),
    );
    expect(JSON.parse(await client.next()).publish).toEqual({ seq: 1 });
  },
);

test('fills in the network, and that it is enabled', async () => {
  const network = await clientWith({ TEST_SIDECAR: 'true' });
  const sidecar = await rawClient(endpoint);
  const configured = network.configureNetwork({ callbackState: 'plain', callbackTarget: 1 });
  sidecar.send(JSON.stringify({ id: '1', subscribe: { topic: `${prefix}topics:network:${hostname()}` } }));
  expect(JSON.parse(JSON.parse(await sidecar.next()).subscribe)).toMatchObject({
    ...{ network: 'default', enable: true, IPv4: null, rules: [], routing_policy: '' },
  });
  sidecar.send(JSON.stringify({ id: '2', signal_entry: { state: `${prefix}states:plain` } }));
  await configured;
});

test('waiting for the network can be aborted, and is recorded as failed', async () => {
  const network = await clientWith({ TEST_SIDECAR: 'true' });
  const end = new AbortController();
  const waiting = network.waitNetworkInitialized({ signal: end.signal });
  end.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  expect(said.join('')).toContain('network initialisation failed');
});
