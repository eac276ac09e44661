import { BlockList, isIPv4 } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { RunEnv } from './run-env.ts';
import type { SyncClient, SyncOptions } from './sync-client.ts';

/** What happens to packets: they are accepted, rejected, or dropped. */
export const filterActions = { accept: 0, reject: 1, drop: 2 } as const;

/** How traffic is shaped. Percentages are from 0 to 100; omitted values are 0. */
export interface LinkShape {
  /** Milliseconds. */
  readonly latency?: number;
  /** Milliseconds. */
  readonly jitter?: number;
  /** Bits per second. */
  readonly bandwidth?: number;
  readonly filter?: (typeof filterActions)[keyof typeof filterActions];
  readonly loss?: number;
  readonly corrupt?: number;
  readonly corruptCorr?: number;
  readonly reorder?: number;
  readonly reorderCorr?: number;
  readonly duplicate?: number;
  readonly duplicateCorr?: number;
}

export interface NetworkConfig {
  /** The network's name; `default` for the data network. */
  readonly network: string;
  /** An address with its prefix, such as `16.0.1.2/16`. */
  readonly IPv4?: string;
  readonly IPv6?: string;
  readonly enable: boolean;
  readonly default?: LinkShape;
  readonly rules?: readonly (LinkShape & { readonly subnet: string })[];
  /** The state that the sidecar signals when it has applied the configuration. */
  readonly callbackState: string;
  /** The number of entries to wait for; default: all instances. */
  readonly callbackTarget?: number;
  readonly routingPolicy?: 'allow_all' | 'deny_all';
}

const initialized = 'network-initialized';
const nsPerMs = 1e6;

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
   */
  async configureNetwork(config: NetworkConfig, options: SyncOptions = {}): Promise<void> {
    if (!this.#runenv.params.testSidecar) {
      this.#runenv.recordMessage('ignoring network change request; running in a sidecar-less environment');
      return;
    }
    if (!config.callbackState) throw new Error('failed to configure network; no callback state provided');
    const target = config.callbackTarget || this.#runenv.testInstanceCount;
    await this.#sync.publishAndWait(
      `network:${hostname()}`,
      wireConfig(config),
      config.callbackState,
      target,
      options,
    );
  }

  /** This instance's address on the data network; a loopback address without a sidecar. */
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
    throw new Error(
      `no network interface of this instance is in the subnet ${this.#runenv.params.testSubnet}`,
    );
  }
}

/** A configuration in the sidecar's wire format: sdk-go, network/types.go. */
function wireConfig(config: NetworkConfig): Record<string, unknown> {
  return {
    network: config.network,
    IPv4: config.IPv4 ?? null,
    IPv6: config.IPv6 ?? null,
    enable: config.enable,
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
