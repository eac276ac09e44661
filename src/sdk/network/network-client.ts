import { BlockList, isIPv4 } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { RunEnv } from '../run-env.ts';
import type { SyncClient, SyncOptions } from '../sync-client.ts';
import { filterActions, type LinkShape, type NetworkConfig } from './config.ts';
import { problemsIn } from './problems.ts';

const initialized = 'network-initialized';
const nsPerMs = 1e6;

/** The network cannot be configured, or has no address. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}

/** Asks the sidecar, if there is one, to configure this instance's network. */
export class NetworkClient {
  readonly #sync: SyncClient;
  readonly #runenv: RunEnv;

  constructor(sync: SyncClient, runenv: RunEnv) {
    this.#sync = sync;
    this.#runenv = runenv;
  }

  /** Waits until the network of every instance is initialized; returns immediately without a sidecar. */
  async waitNetworkInitialized(options: SyncOptions = {}): Promise<void> {
    const group = this.#runenv.testGroupId;
    await this.#sync.signalEvent({ stage_start_event: { name: initialized, group } });
    if (this.#runenv.params.testSidecar) {
      try {
        await this.#sync.barrier(initialized, this.#runenv.testInstanceCount, options);
      } catch (error) {
        this.#runenv.recordMessage('network initialisation failed');
        throw error;
      }
    }
    this.#runenv.recordMessage('network initialisation successful');
    await this.#sync.signalEvent({ stage_end_event: { name: initialized, group } });
  }

  /**
   * Requests a network configuration and waits until it is applied. Without a sidecar nothing is shaped: that is
   * recorded, and the plan continues.
   * @throws NetworkError if a setting is invalid, with or without a sidecar; then nothing is sent.
   */
  async configureNetwork(config: NetworkConfig, options: SyncOptions = {}): Promise<void> {
    const problems = problemsIn(config);
    if (problems.length > 0) throw new NetworkError(`failed to configure network; ${problems.join('; ')}`);
    if (!this.#runenv.params.testSidecar) {
      this.#runenv.recordMessage('ignoring network change request; running in a sidecar-less environment');
      return;
    }
    const target = config.callbackTarget || this.#runenv.testInstanceCount;
    await this.#sync.publishAndWait(
      `network:${hostname()}`,
      wireConfig(config),
      config.callbackState,
      target,
      options,
    );
  }

  /**
   * This instance's address on the data network; a loopback address without a sidecar. After a configuration with
   * another address, it is that one.
   * @throws NetworkError if there is none: the network is disabled.
   */
  getDataNetworkIP(): string {
    if (!this.#runenv.params.testSidecar) return '127.0.0.1';
    const [address = '', prefix = ''] = this.#runenv.params.testSubnet.split('/');
    const subnet = new BlockList();
    subnet.addSubnet(address, Number(prefix), isIPv4(address) ? 'ipv4' : 'ipv6');
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    const found = own.find(({ address: ip, family }) =>
      subnet.check(ip, family === 'IPv4' ? 'ipv4' : 'ipv6'),
    );
    if (found !== undefined) return found.address;
    throw new NetworkError(
      `no network interface of this instance is in the subnet ${this.#runenv.params.testSubnet}`,
    );
  }
}

/** A configuration in the sidecar's wire format: sdk-go, network/types.go. */
function wireConfig(config: NetworkConfig): Record<string, unknown> {
  return {
    network: config.network ?? 'default',
    IPv4: config.IPv4 ?? null,
    IPv6: config.IPv6 ?? null,
    enable: config.enable ?? true,
    default: wireShape(config.default ?? {}),
    rules: (config.rules ?? []).map((rule) => ({ ...wireShape(rule), subnet: rule.subnet })),
    callback_state: config.callbackState,
    routing_policy: config.routingPolicy ?? '',
  };
}

function wireShape(shape: LinkShape): Record<string, number> {
  return {
    latency: Math.round((shape.latency ?? 0) * nsPerMs),
    jitter: Math.round((shape.jitter ?? 0) * nsPerMs),
    bandwidth: shape.bandwidth ?? 0,
    filter: shape.filter ?? filterActions.accept,
    loss: shape.loss ?? 0,
    corrupt: shape.corrupt ?? 0,
    corrupt_corr: shape.corruptCorr ?? 0,
    reorder: shape.reorder ?? 0,
    reorder_corr: shape.reorderCorr ?? 0,
    duplicate: shape.duplicate ?? 0,
    duplicate_corr: shape.duplicateCorr ?? 0,
  };
}
