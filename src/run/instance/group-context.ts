import type { Artifact } from '../../builders/builder.ts';
import type { GroupSpec } from '../../plan/run-spec.ts';
import type { FreePorts } from '../../runners/process/free-ports.ts';
import type { Launcher } from '../../runners/process/launch/launcher.ts';
import type { ServiceName } from '../../runners/process/service-name.ts';
import type { ShippedFiles } from '../../runners/process/shipped-files.ts';
import type { SyncServer } from '../../sync/server/server.ts';
import type { OutputWatcher } from '../output/output-watcher.ts';
import type { SyncRecord } from '../sync-record.ts';
import type { InstanceRegistry } from './registry.ts';

/** What the instances of one group share. */
export interface GroupContext {
  readonly group: GroupSpec;
  readonly artifact: Artifact;
  readonly launcher: Launcher;
  readonly shipped: ShippedFiles;
  readonly server: SyncServer;
  /** For plans that dial the sync service by its name. */
  readonly name: ServiceName | undefined;
  readonly watcher: OutputWatcher;
  readonly roster: InstanceRegistry;
  /** The activity log of the sync service. */
  readonly moves: SyncRecord;
  /** How many processes the kernel's OOM killer had killed when the run began. */
  readonly oomKills: number;
  /** For `exposed_ports`. */
  readonly ports: FreePorts;
  readonly tempRoot: string;
  /** The variables of `--env`, with a PATH on which scripts find tg. */
  readonly extraEnv: Readonly<Record<string, string>>;
  /** When the run began, in ms since the epoch. */
  readonly began: number;
}
