import { createInterface } from 'node:readline/promises';
import type { GroupSpec, RunSpec } from '../../plan/run-spec.ts';
import { TgError } from '../../util/errors.ts';
import { sanitizeTerminalLine } from '../../util/sanitize-terminal.ts';
import { sayAside } from '../output/say.ts';

/**
 * Asks whether a run that may be somebody else's is to be carried out: its plan is built and run as you, and its file says with which
 * commands. On a terminal a person answers.
 * @param file where the run was read.
 * @throws TgError (usage) where the answer is no, and where nobody can be asked.
 */
export async function askConsent({ plan, groups }: RunSpec, file: string): Promise<void> {
  const shown = [`plan: ${sanitizeTerminalLine(plan.dir)}`, ...groups.flatMap(groupLines)];
  const what = `a run of another home may be anybody's, and would run as you:\n${shown.join('\n')}`;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new TgError('usage', what, { where: file, hint: 'Add --yes if you trust it.' });
  sayAside(`${file}: ${what.replaceAll('\n', '\n  ')}\n`);
  if (!(await answersYes())) throw new TgError('usage', 'not carried out', { where: file });
}

/** What decides which commands are run. */
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
  // Ctrl-C is a key here, and ends tg as everywhere.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  const answer = await Promise.race([lines.question('Carry it out? [y/N] '), closed]).finally(() =>
    lines.close(),
  );
  return /^y(es)?$/i.test(answer.trim());
}
