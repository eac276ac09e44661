import { execa } from 'execa';
import { type Ended, ended, type Machine, startTg } from './tg.ts';

const isRoot = process.getuid?.() === 0;
/** A user without an entry in the user database. */
const nobody = 54_321;

/** Gives folders, with all that is in them, to the user as whom `unprivilegedTg` runs. */
export async function giveAway(...folders: readonly string[]): Promise<void> {
  if (isRoot) await execa('chown', ['-R', `${nobody}:${nobody}`, ...folders]);
}

/** Starts the built tg as a user whom permissions bind, and who has no entry in the user database where the tests run as root. */
export function startUnprivilegedTg(machine: Machine, args: readonly string[]): ReturnType<typeof startTg> {
  const through = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
  return startTg(machine, args, 'tg', isRoot ? through : []);
}

/** Runs the built tg to its end as that user; never throws. */
export async function unprivilegedTg(machine: Machine, args: readonly string[]): Promise<Ended> {
  return ended(await startUnprivilegedTg(machine, args));
}
