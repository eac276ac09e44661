import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { checkSecret } from '../../plan/resolve/params.ts';
import type { GroupSpec } from '../../plan/run-spec.ts';
import { TgError } from '../../util/errors.ts';
import { didYouMean } from '../../util/suggest.ts';
import { sayAside } from '../output/say.ts';

/**
 * Fills in the secret parameters of a run that is repeated, since their values are not on record: from the given
 * values and, on a terminal, from prompts without echo.
 * @throws TgError (usage) for a name that is not a secret of the run, and for a missing value.
 */
export async function withSecrets(
  groups: readonly GroupSpec[],
  given: Readonly<Record<string, string>>,
): Promise<GroupSpec[]> {
  const names = [...new Set(groups.flatMap(({ secrets }) => secrets))];
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    throw new TgError('usage', `"${name}" is not a secret parameter of this run`, {
      where: '--test-param',
      hint:
        names.length === 0
          ? 'It has none: a rerun uses the same parameters.'
          : `All others stay the same. ${didYouMean(name, names, 'secret parameter')}`,
    });
  }
  const values: Record<string, string> = { ...given };
  for (const name of names) {
    values[name] ??= await ask(name);
    checkSecret(name, values[name], '--test-param');
    if (values[name] === '') throw noValue(name);
  }
  return groups.map((group) => {
    const own = group.secrets.map((name) => [name, values[name] ?? ''] as const);
    return { ...group, params: { ...group.params, ...Object.fromEntries(own) } };
  });
}

async function ask(name: string): Promise<string> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new TgError('usage', `the parameter "${name}" is secret, and its value was not kept`, {
      where: '--test-param',
      hint: `Give it again: --test-param ${name}=value.`,
    });
  }
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  // Turns the terminal's echo off, so it comes before the prompt: from then on people type.
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: true });
  sayAside(`${name} (not shown): `);
  // readline consumes Ctrl-C; forward it as the signal.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const closed = new Promise<never>((_, reject) => {
    lines.once('close', () => reject(noValue(name)));
  });
  const typed = Promise.race([lines.question(''), closed]);
  return await typed.finally(() => {
    lines.close();
    sayAside('\n');
  });
}

function noValue(name: string): TgError {
  return new TgError('usage', `the secret parameter "${name}" has no value`, {
    where: '--test-param',
    hint: `Type it when asked, or give --test-param ${name}=VALUE.`,
  });
}
