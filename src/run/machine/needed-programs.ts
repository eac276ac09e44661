import { delimiter, isAbsolute } from 'node:path';
import type { Artifact } from '../../builders/builder.ts';
import { findProgram } from '../../builders/node/npm-program.ts';
import { howToInstall } from '../../builders/tool/how-to-install.ts';
import { programOf } from '../../builders/tool/shell-program.ts';
import type { PlanRef } from '../../plan/run-spec.ts';
import { TgError } from '../../util/errors.ts';

/**
 * Sees that the programs are there with which the shell lines of artifacts begin, as far as that is known without a shell.
 * @param env the variables of the instances.
 * @throws TgError (environment) naming the first that is not on PATH.
 */
export async function checkPrograms(
  artifacts: ReadonlyMap<string, Artifact>,
  plan: Pick<PlanRef, 'dir'>,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  for (const program of new Set([...artifacts.values()].map(programIn))) {
    // Instances have tg on their PATH in any case.
    if (program === undefined || program === 'tg' || (await isKnownToShell(program, env))) continue;
    throw new TgError('environment', `the plan starts ${program}, which is not on PATH`, {
      where: plan.dir,
      hint: howToInstall(program),
    });
  }
}

function programIn({ command: [shell, flag, line] }: Artifact): string | undefined {
  return shell === '/bin/sh' && flag === '-c' && line !== undefined ? programOf(line.trim()) : undefined;
}

async function isKnownToShell(program: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  if (findProgram(program, env) !== undefined) return true;
  // A folder on PATH that is relative is another one where an instance works.
  if (env['PATH']?.split(delimiter).some((folder) => !isAbsolute(folder))) return true;
  // A command of the shell itself.
  const asked = ['-c', 'command -v -- "$1"', 'sh', program];
  const { execa } = await import('execa');
  const { exitCode } = await execa('/bin/sh', asked, {
    env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  return exitCode === 0;
}
