import { TgError } from '../../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../../util/exit-codes.ts';
import { printData } from '../../output/say.ts';
import { shellScripts } from './complete.ts';

/** `tg completion SHELL`: prints the completion script for a shell. */
export async function completion(name: string, shell: string): Promise<ExitCode> {
  const script = shellScripts[shell];
  if (script === undefined) {
    throw new TgError('usage', `there is no completion for ${shell}`, { hint: 'Choose bash, zsh or fish.' });
  }
  printData(script(name));
  return exitCodes.success;
}
