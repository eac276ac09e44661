import { TgError } from '../../util/errors.ts';
import { howToInstall } from '../tool/how-to-install.ts';

/** The messages of dash, bash, BusyBox, zsh and env for a program that is not on PATH; make repeats them. */
const notFound = [
  /(?:^|: )([\w.+-]+): (?:command )?not found$/gim,
  /command not found: ([\w.+-]+)$/gm,
  /^(?:make(?:\[\d+\])?|env): [‘'"]?([\w.+-]+)[’'"]?: No such file or directory$/gm,
];
const status127 = /status 127\)$|\bError 127$/m;
/** Debian packages parts of Python separately. */
const lacksVenv = /ensurepip is not available|No module named '?(?:venv|ensurepip)\b/;

/**
 * Converts the failure of a shell line to an environment error if a program of the toolchain is missing; returns
 * other errors unchanged. A program given by a path belongs to the plan.
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
