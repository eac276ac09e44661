import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import open from 'open';
import { messageOf } from '../../../util/errors.ts';
import { warn } from '../warn.ts';

/** What opens a browser has said within so many ms that it cannot; one that becomes the browser itself says nothing. */
const patienceMs = 1_500;

/** Shows a file or an address in the browser that a person uses; where there is none, that is told. */
export async function openInBrowser(target: string): Promise<void> {
  const problem = await open(target).then(problemOf, messageOf);
  if (problem !== undefined) warn(`no browser could be opened (${problem}): open it yourself`);
}

async function problemOf(child: Awaited<ReturnType<typeof open>>): Promise<string | undefined> {
  const ended = once(child, 'exit').then(
    ([code]: readonly unknown[]) => (code === 0 ? undefined : `status ${code}`),
    messageOf,
  );
  const patience = new AbortController();
  const enough = sleep(patienceMs, undefined, { signal: patience.signal });
  return await Promise.race([ended, enough]).finally(() => patience.abort());
}
