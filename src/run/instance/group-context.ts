import type { Artifact } from '../../plan/artifact.ts';
import type { InstanceId } from '../../plan/instance-id.ts';
import type { GroupSpec } from '../../plan/run-spec.ts';
import type { Note } from '../../sync/server/activity-log.ts';
import type { SharedEndpoints, SyncServer } from '../../sync/server/server.ts';
import type { OutputWatcher } from '../capture/output-watcher.ts';
import type { InstanceRegistry } from './instance-registry.ts';

/** What the instances of one group share. */
export interface GroupContext {
  readonly group: GroupSpec;
  readonly artifact: Artifact;
  readonly server: SyncServer;
  /** The port that instances share; undefined if each has its own. */
  readonly sharedPort: SharedEndpoints | undefined;
  readonly watcher: OutputWatcher;
  readonly registry: InstanceRegistry;
  /** What takes note of all that an instance does at the sync service. */
  readonly noteOf: (instance: InstanceId) => Note;
  /** When the run began, in ms since the epoch. */
  readonly began: number;
}
