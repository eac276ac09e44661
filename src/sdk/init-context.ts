import { NetworkClient } from './network/network-client.ts';
import type { RunEnv } from './run-env.ts';
import { SyncClient, type SyncOptions } from './sync-client.ts';

const initializedGlobal = 'initialized_global';
const initializedGroup = (group: string) => `initialized_group_${group}`;

/** The context of an initialized test case: its clients and its sequence numbers. */
export class InitContext {
  readonly syncClient: SyncClient;
  readonly netClient: NetworkClient;
  /** From 1, unique among all instances. */
  readonly globalSeq: number;
  /** From 1, unique among the instances of the group. */
  readonly groupSeq: number;
  readonly #runenv: RunEnv;

  private constructor(
    runenv: RunEnv,
    clients: { readonly syncClient: SyncClient; readonly netClient: NetworkClient },
    seqs: { readonly globalSeq: number; readonly groupSeq: number },
  ) {
    this.#runenv = runenv;
    this.syncClient = clients.syncClient;
    this.netClient = clients.netClient;
    this.globalSeq = seqs.globalSeq;
    this.groupSeq = seqs.groupSeq;
  }

  /**
   * Connects, waits for the network, and claims the sequence numbers, in the order and with the messages of the Go
   * SDK.
   */
  static async create(runenv: RunEnv): Promise<InitContext> {
    const syncClient = await SyncClient.connect(runenv);
    const netClient = new NetworkClient(syncClient, runenv);
    runenv.recordMessage('waiting for network to initialize');
    await netClient.waitNetworkInitialized();
    runenv.recordMessage('network initialization complete');
    const globalSeq = await syncClient.signalEntry(initializedGlobal);
    const groupSeq = await syncClient.signalEntry(initializedGroup(runenv.testGroupId));
    runenv.attachSignaller(syncClient);
    runenv.recordMessage(
      `claimed sequence numbers; global=${globalSeq}, group(${runenv.testGroupId})=${groupSeq}`,
    );
    return new InitContext(runenv, { syncClient, netClient }, { globalSeq, groupSeq });
  }

  /** Waits until all instances are initialized. */
  waitAllInstancesInitialized(options: SyncOptions = {}): Promise<void> {
    return this.syncClient.barrier(initializedGlobal, this.#runenv.testInstanceCount, options);
  }

  /** Waits until all instances of the group are initialized. */
  waitGroupInstancesInitialized(options: SyncOptions = {}): Promise<void> {
    const state = initializedGroup(this.#runenv.testGroupId);
    return this.syncClient.barrier(state, this.#runenv.testGroupInstanceCount, options);
  }
}
