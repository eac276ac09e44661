import { parseRunParams, type RunParams, scopeOf } from '../../../sdk/run-params.ts';
import { defaultHost, defaultPort, type Scope, stateKey, topicKey } from '../../../sync/protocol.ts';
import { asTyped } from '../../../util/command-name.ts';
import { TgError } from '../../../util/errors.ts';

/** The environment of a command that takes part in a run. */
export interface SyncContext {
  /** The address of the sync service, `host:port`. */
  readonly address: string;
  readonly scope: Scope;
  readonly params: RunParams;
}

/** @throws TgError (usage) outside a run, where the required variables are not set. */
export function syncContextOf(env: NodeJS.ProcessEnv): SyncContext {
  const missing = ['TEST_RUN', 'TEST_PLAN', 'TEST_CASE'].filter((name) => !env[name]);
  if (missing.length > 0) {
    throw new TgError(
      'usage',
      `this program is not in a run: ${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} not set`,
      {
        hint: `tg sync is for the programs of a plan, which tg run starts. To try it by hand, start ${asTyped('sync-service')}, set the variables that it prints, and TEST_RUN, TEST_PLAN, TEST_CASE and TEST_INSTANCE_COUNT.`,
      },
    );
  }
  const params = parseRunParams(env);
  return { address: addressIn(env), scope: scopeOf(params), params };
}

function addressIn(env: NodeJS.ProcessEnv): string {
  const host = env['SYNC_SERVICE_HOST'] || defaultHost;
  const address = `${host.includes(':') ? `[${host}]` : host}:${env['SYNC_SERVICE_PORT'] || defaultPort}`;
  if (URL.canParse(`ws://${address}`)) return address;
  throw new TgError('usage', 'SYNC_SERVICE_HOST and SYNC_SERVICE_PORT are not a host and port', {
    where: address,
    hint: 'tg run sets both. By hand, set what tg sync-service prints.',
  });
}

/** The key of a state. @throws TgError (usage) for an empty name. */
export function keyOfState({ scope }: SyncContext, state: string): string {
  return stateKey(scope, named(state, 'state'));
}

/** The key of a topic. @throws TgError (usage) for an empty name. */
export function keyOfTopic({ scope }: SyncContext, topic: string): string {
  return topicKey(scope, named(topic, 'topic'));
}

function named(name: string, what: string): string {
  if (name !== '') return name;
  throw new TgError('usage', `the name of the ${what} is empty`, {
    hint: 'Is a variable of the script empty?',
  });
}

/**
 * The number of entries that a barrier waits for.
 * @param asked the argument; default: the number of instances of the run.
 * @throws TgError (usage) unless it is an integer of at least 0.
 */
export function targetOf(asked: string | undefined, { testInstanceCount }: RunParams): number {
  const target = asked === undefined ? testInstanceCount : /^\d+$/.test(asked) ? Number(asked) : Number.NaN;
  if (Number.isSafeInteger(target)) return target;
  if (asked === undefined) {
    const count = process.env['TEST_INSTANCE_COUNT'];
    throw new TgError(
      'usage',
      `TEST_INSTANCE_COUNT ${count === undefined ? 'is not set' : `is not a number: ${JSON.stringify(count)}`}`,
      {
        hint: 'Give the number of entries to wait for: tg sync barrier STATE N, tg sync signal STATE --target N.',
      },
    );
  }
  throw new TgError('usage', `a barrier waits for a whole number of entries, not ${JSON.stringify(asked)}`, {
    hint: 'Leave it out to wait for as many as the run has instances.',
  });
}
