import { createInterface } from 'node:readline/promises';
import type { GroupSpec, RunSpec } from '../../plan/run-spec.ts';
import { TgError } from '../../util/errors.ts';
import { sanitizeTerminalLine } from '../../util/sanitize-terminal.ts';
import { sayAside } from '../output/say.ts';

/**
 * Asks for consent before carrying out a run that may come from another user: its plan is built and run with the
 * caller's permissions, and its file contains the commands. Prompts on a terminal.
 * @param file the file that the run was read from.
 * @throws TgError (usage) if the answer is no, or there is no terminal to prompt on.
 */
export async function askConsent({ plan, groups }: RunSpec, file: string): Promise<void> {
  const shown = [`plan: ${sanitizeTerminalLine(plan.dir)}`, ...groups.flatMap(groupLines)];
  const what = `a run of another home may come from anyone, and would run with your permissions:\n${shown.join('\n')}`;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new TgError('usage', what, { where: file, hint: 'Add --yes if you trust it.' });
  sayAside(`${file}: ${what.replaceAll('\n', '\n  ')}\n`);
  if (!(await answersYes()))
    throw new TgError('usage', 'the run was not confirmed', {
      where: file,
      hint: 'Answer y, or add --yes, if you trust it.',
    });
}

/** The configuration that determines which commands are run. */
function groupLines({ id, build, artifact }: GroupSpec): string[] {
  const config = Object.entries(build.config).map(([key, value]) => `  ${key} = ${JSON.stringify(value)}`);
  const others = [
    ...build.dependencies.map(
      ({ module, target = '', version }) =>
        `  dependency: ${module} = ${target}${version === undefined ? '' : `@${version}`}`,
    ),
    ...(build.linkSdk === undefined ? [] : [`  SDK: ${build.linkSdk}`]),
    ...(artifact === undefined ? [] : [`  artifact: ${artifact}`]),
  ];
  return [`group ${id}: ${build.builder}`, ...config, ...others].map(sanitizeTerminalLine);
}

async function answersYes(): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // readline consumes Ctrl-C; forward it as the signal.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  const answer = await Promise.race([lines.question('Run it? [y/N] '), closed]).finally(() => lines.close());
  return /^y(es)?$/i.test(answer.trim());
}
