import type { SyncStore } from '../store.ts';
import type { ActivityLog } from './activity-log.ts';
import type { Backlog } from './backlog.ts';
import type { ServedKeys } from './own-keys.ts';

/** What a client's connection is told of where it belongs, whatever its protocol. */
export interface ClientContext {
  readonly store: SyncStore;
  readonly keys: ServedKeys;
  /** What its door has seen. */
  readonly ledger: ActivityLog;
  /** Why nothing is to be waited for any more, once that is so. */
  readonly givenUp: () => string | undefined;
  /** Is to be checked when bytes wait for the client to read. */
  readonly backlog: Backlog;
  /** Is told what the client did that it should not have done, in words. */
  readonly report: (problem: string) => void;
}
