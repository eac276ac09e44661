import type { SyncStore } from '../store.ts';
import type { ActivityLog } from './activity-log.ts';
import type { Backlog } from './backlog.ts';
import type { ServedKeys } from './served-keys.ts';

/** The context of a client connection, independent of its protocol. */
export interface ClientContext {
  readonly store: SyncStore;
  readonly keys: ServedKeys;
  /** The activity log of its endpoint. */
  readonly activityLog: ActivityLog;
  /** The reason why waits are aborted, or undefined. */
  readonly abortReason: () => string | undefined;
  /** Checked when bytes are buffered for the client. */
  readonly backlog: Backlog;
  /** Receives a description of what the client did wrong. */
  readonly report: (problem: string) => void;
}
