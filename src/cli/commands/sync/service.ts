import { resolveRunConfig } from '../../../plan/resolve/run-config.ts';
import { fileLimit, ownFiles } from '../../../runners/process/limits.ts';
import { openStore } from '../../../sync/open.ts';
import { everyKey, keysOfRuns } from '../../../sync/server/served-keys.ts';
import { SyncServer } from '../../../sync/server/server.ts';
import { type ExitCode, exitCodes } from '../../../util/exit-codes.ts';
import { configFlags } from '../../flags/config-flags.ts';
import { say, sayAside } from '../../output/say.ts';
import { servedUntil, watchSignals } from '../../signals.ts';

export interface SyncServiceOptions {
  readonly host: string;
  readonly port: number;
  readonly sync?: string;
  readonly redis?: string;
}

/** `tg sync-service`: runs a sync service until a signal stops it, for plans that are started by hand. */
export async function syncService({ host, port, sync, redis }: SyncServiceOptions): Promise<ExitCode> {
  const { config } = resolveRunConfig(configFlags({ sync, redis }), process.env['TG_REDIS_URL']);
  using interrupts = watchSignals();
  await using store = await openStore(config.sync, {
    prefix: 'run:',
    // Runs whose keys are in an external Redis may outlive this process.
    expireAfterMs: undefined,
    signal: interrupts.cancel,
    warn: (text) => sayAside(`${text}\n`),
  });
  // An external Redis may hold the data of other programs.
  const isNamed = config.sync.store === 'redis' && config.sync.url !== undefined;
  await using server = new SyncServer(store, isNamed ? keysOfRuns : everyKey);
  // All instances of a run connect here, so the limit of open files bounds them.
  const { max } = fileLimit();
  const endpoint = await server.open({
    ...{ host, port },
    connections: Math.max(1, max - ownFiles),
    backlog: Number.POSITIVE_INFINITY,
  });
  say(`sync service (${store.description}) at ws://${endpoint.host}:${endpoint.port}\n`);
  say(`  export SYNC_SERVICE_HOST=${endpoint.host} SYNC_SERVICE_PORT=${endpoint.port}\n`);
  // REDIS_HOST is the sync service too: with the Redis itself, old SDKs would have access to all its keys.
  say(`  export REDIS_HOST=${endpoint.host} REDIS_PORT=${endpoint.port}\n`);
  await servedUntil(interrupts, store.lost);
  if (store.lost.aborted) throw store.lost.reason;
  return interrupts.exitCode() ?? exitCodes.success;
}
