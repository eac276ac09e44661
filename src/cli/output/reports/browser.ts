import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import open from 'open';
import { messageOf } from '../../../util/errors.ts';
import { warn } from '../warn.ts';

/**
 * A browser opener that fails reports it within this time, in ms; an opener that becomes the browser prints
 * nothing.
 */
const timeoutMs = 1_500;

/** Opens a file or URL in the default browser; reports if there is none. */
export async function openInBrowser(target: string): Promise<void> {
  const problem = await open(target).then(problemOf, messageOf);
  if (problem !== undefined) warn(`no browser could be opened (${problem}): open it yourself`);
}

async function problemOf(child: Awaited<ReturnType<typeof open>>): Promise<string | undefined> {
  const ended = once(child, 'exit').then(
    ([code]: readonly unknown[]) => (code === 0 ? undefined : `status ${code}`),
    messageOf,
  );
  const timeout = new AbortController();
  const enough = sleep(timeoutMs, undefined, { signal: timeout.signal });
  return await Promise.race([ended, enough]).finally(() => timeout.abort());
}
