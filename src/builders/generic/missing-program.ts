import { TgError } from '../../util/errors.ts';
import { howToInstall } from '../tool/how-to-install.ts';

/** What dash, bash, BusyBox, zsh and env say of a program that is not on PATH; make repeats it. */
const notFound = [
  /(?:^|: )([\w.+-]+): (?:command )?not found$/gim,
  /command not found: ([\w.+-]+)$/gm,
  /^(?:make(?:\[\d+\])?|env): [‘'"]?([\w.+-]+)[’'"]?: No such file or directory$/gm,
];
const status127 = /status 127\)$|\bError 127$/m;
/** Debian leaves a part of Python out. */
const lacksVenv = /ensurepip is not available|No module named '?(?:venv|ensurepip)\b/;

/**
 * The failure of a line for the shell as an error of the environment, where a program of the toolchain is missing; the same
 * error otherwise. A program that is named by a path belongs to the plan.
 */
export function asMissingProgram(builder: string, error: unknown): unknown {
  if (!(error instanceof TgError) || error.kind !== 'build') return error;
  const { message, where, hint = '' } = error;
  const lacks = (what: string, advice: string) =>
    new TgError('environment', `${builder} needs ${what}`, {
      ...{ where, cause: error },
      hint: `${message.replace(/^the plan does not build with \S+: /, '')}\n${hint}\n${advice}`,
    });
  if (lacksVenv.test(hint))
    return lacks(
      'the venv module of Python, which is not installed',
      'On Debian and Ubuntu: apt install python3-venv.',
    );
  if (!status127.test(`${message}\n${hint}`)) return error;
  const program = notFound.flatMap((words) => [...hint.matchAll(words)]).at(-1)?.[1];
  if (program === undefined) return error;
  return lacks(`${program}, which is not on PATH`, howToInstall(program));
}
