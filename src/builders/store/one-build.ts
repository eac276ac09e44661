import { constants } from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { Home } from '../../os/home.ts';
import { isSuspended, sightOf, whereabouts } from '../../os/process-id.ts';
import { ownToken } from '../../os/temp-folder.ts';
import { TgError } from '../../util/errors.ts';
import type { BuildRequest } from '../builder.ts';
import { digestOf } from '../sources/sources.ts';
import { throwIfAborted } from '../tool/throw-if-aborted.ts';
import { Claim, type Lease, leasesIn } from './leases.ts';

/** The polling interval of waiters, in ms. */
const pollIntervalMs = 50;
/**
 * After this number of polls, a waiter reports that it waits even if no claim is marked as the holder: a claim may be
 * unreadable.
 */
const silentPolls = 20;

/** Something in the home that one process makes at a time. */
export interface OneThing {
  readonly key: string;
  /** Returns the message that another process makes it. @param maker describes that process. */
  readonly heldBy: (maker: string) => string;
}

/**
 * Makes something in the home exclusively; other processes that need it wait until it is made.
 * @param what identifies it.
 * @param find searches for it; undefined if it does not exist.
 * @param make makes it if it does not exist.
 * @throws TgError (build) of the process that failed to make it while this one waited.
 */
export async function onlyOnce<Made>(
  request: BuildRequest,
  what: OneThing,
  find: () => Promise<Made | undefined>,
  make: () => Promise<Made>,
): Promise<Made> {
  const { home, env } = request;
  const { key } = what;
  using claim = new Claim(home, key);
  const found = await takeTurn(request, what, claim, find);
  if (found !== undefined) return found;
  try {
    return await make();
  } catch (error) {
    if (error instanceof TgError && error.kind === 'build')
      await reportFailure(home, () => othersOn(home, key, claim), { error, env });
    throw error;
  }
}

/** Waits until no other process makes it. @returns what was made meanwhile. */
async function takeTurn<Made>(
  { home, env, signal, report, progress }: BuildRequest,
  { key, heldBy }: OneThing,
  claim: Claim,
  find: () => Promise<Made | undefined>,
): Promise<Made | undefined> {
  let reported: string | undefined;
  claim.state('wants');
  for (let poll = 0; ; poll++) {
    const others = (await othersOn(home, key, claim)).filter((other) => other.claim?.state !== 'waits');
    if (others.length === 0) {
      claim.state('holds');
      // Another process may have made it since the caller's search, even if this one has not waited.
      const made = await find();
      // A process that fails reports it to waiters before it releases its claim.
      if (made === undefined) await throwFailure(home, claim, env);
      return made;
    }
    // One of several simultaneous claims wins, and waits until the others have seen it.
    const first = others.find((other) => goesBefore(other, claim));
    if (first !== undefined) {
      claim.state('waits');
      // Other simultaneous claims do not make it yet.
      const maker = others.find((other) => other.claim?.state === 'holds');
      if (maker !== undefined || poll >= silentPolls) {
        const who = await makerOf(home, maker ?? first);
        if (who !== reported) report(`${heldBy(who)}: waiting for it`);
        reported = who;
        progress(`waiting for ${who}`);
      }
    }
    await delay(pollIntervalMs, undefined, { signal }).catch(() => {});
    throwIfAborted(signal);
    await throwFailure(home, claim, env);
    if (first !== undefined) claim.state('wants');
  }
}

/** The claims of other processes on the same thing, and unreadable ones that may be. */
async function othersOn(home: Home, key: string, { number }: Claim): Promise<Lease[]> {
  return (await leasesIn(home)).filter(
    (lease) =>
      (lease.token !== ownToken || lease.number !== number) &&
      (lease.owner === undefined || lease.claim?.key === key),
  );
}

function goesBefore({ token, number, claim }: Lease, { number: own }: Claim): boolean {
  if (claim?.state !== 'wants') return true;
  return token === ownToken ? number < own : token < ownToken;
}

/** Describes the process that makes it. */
async function makerOf(home: Home, { owner, token }: Lease): Promise<string> {
  if (owner === undefined) return 'another tg';
  const lease = (await leasesIn(home)).find((each) => each.token === token && each.claim === undefined);
  const isHere = sightOf(owner) === 'lives';
  const where = isHere ? `process ${owner.pid}` : whereabouts(owner);
  const stopped = isHere && isSuspended(owner.pid) ? ', which is stopped' : '';
  return lease === undefined ? `${where}${stopped}` : `${lease.holder} (${where}${stopped})`;
}

const failureSchema = z.object({
  message: z.string(),
  where: z.string().optional(),
  hint: z.string().optional(),
  /** A digest of the environment in which it failed. */
  env: z.string(),
});

/** The file that tells a waiter of the failure. */
function failureFile({ work }: Home, { token, number }: Pick<Lease, 'token' | 'number'>): string {
  return join(work, `failure-${number}.${token}.partial`);
}

async function reportFailure(
  home: Home,
  waiting: () => Promise<Lease[]>,
  { error, env }: { readonly error: TgError; readonly env: NodeJS.ProcessEnv },
): Promise<void> {
  const { message, where, hint } = error;
  const text = JSON.stringify({ message, where, hint, env: digestOfEnv(env) });
  const files = (await waiting()).map((lease) => failureFile(home, lease));
  // If the file cannot be written, the waiter tries for itself.
  for (const file of files) await writeFile(file, text, { mode: 0o600, flag: 'wx' }).catch(() => {});
  const left = new Set((await waiting()).map((lease) => failureFile(home, lease)));
  for (const file of files) if (!left.has(file)) await rm(file, { force: true }).catch(() => {});
}

/** @throws TgError (build) if the awaited build failed in an equal environment. */
async function throwFailure(home: Home, { number }: Claim, env: NodeJS.ProcessEnv): Promise<void> {
  const file = failureFile(home, { token: ownToken, number });
  const text = await readOwn(file).catch(() => undefined);
  if (text === undefined) return;
  const { data } = failureSchema.safeParse(parsed(text));
  // Created, but not written yet: the process that failed keeps its claim until then.
  if (data === undefined) return;
  await rm(file, { force: true });
  if (data.env !== digestOfEnv(env)) return;
  const { message, where, hint } = data;
  throw new TgError('build', message, { where, hint });
}

/**
 * Reads a file written by this user; in a home that is writable for others, links and files of other users are
 * ignored.
 */
async function readOwn(path: string): Promise<string | undefined> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const stats = await file.stat();
  return stats.isFile() && stats.uid === process.geteuid?.() ? await file.readFile('utf8') : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Variables that describe the session and do not affect a build. */
const ofSession =
  /^(_|PWD|OLDPWD|SHLVL|TG_BUILD|TERM.*|SSH_.*|TMUX.*|STY|WINDOWID|.*SESSION.*|GPG_.*|COLUMNS|LINES)$/;

function digestOfEnv(env: NodeJS.ProcessEnv): string {
  const names = Object.keys(env).filter((name) => !ofSession.test(name));
  return digestOf(names.sort().map((name) => `${name}=${env[name]}`));
}
