import type { SyncStore } from '../../store.ts';
import { Misuse } from '../misuse.ts';
import type { ServedKeys } from '../served-keys.ts';

/** The context in which a command runs. */
export interface CommandContext {
  readonly store: SyncStore;
  readonly keys: ServedKeys;
  /** Ends a blocking command: the client disconnected, or another one unblocked it. */
  readonly signal: AbortSignal;
}

/** The error for a command with the wrong number of arguments. */
export function wrongNumber(command: string): Misuse {
  return new Misuse(`ERR wrong number of arguments for '${command.toLowerCase()}' command`);
}

/** The ID of a message: its sequence number, as Redis writes IDs of stream entries. */
export function idOf(seq: number): string {
  return `${seq}-0`;
}
