import { execa } from 'execa';
import { anotherUser, unknownId } from './parts.ts';
import { type Ended, ended, type Machine, startTg } from './tg.ts';

const isRoot = process.getuid?.() === 0;

/** Makes the user of `unprivilegedTg` the owner of folders and of everything in them. */
export async function giveAway(...folders: readonly string[]): Promise<void> {
  if (isRoot) await execa('chown', ['-R', `${unknownId}:${unknownId}`, ...folders]);
}

/**
 * Starts the built tg as a user to whom permissions apply: if the tests run as root, one without an entry in the user
 * database.
 */
export function startUnprivilegedTg(machine: Machine, args: readonly string[]): ReturnType<typeof startTg> {
  return startTg(machine, args, 'tg', isRoot ? ['setpriv', ...anotherUser] : []);
}

/** Runs the built tg to its end as that user; never throws. */
export async function unprivilegedTg(machine: Machine, args: readonly string[]): Promise<Ended> {
  return ended(await startUnprivilegedTg(machine, args));
}
