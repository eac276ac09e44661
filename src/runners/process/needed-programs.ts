import { delimiter, isAbsolute } from 'node:path';
import { findProgram } from '../../builders/node/npm/program.ts';
import { howToInstall } from '../../builders/tool/how-to-install.ts';
import { programOf } from '../../builders/tool/shell-program.ts';
import type { CommandArtifact } from '../../plan/artifact.ts';
import type { PlanRef } from '../../plan/run-spec.ts';
import { TgError } from '../../util/errors.ts';

/**
 * Checks that the program at the start of each artifact's shell line is available, if it can be determined without
 * a shell.
 * @param env the variables of the instances.
 * @throws TgError (environment) naming the first program that is not on PATH.
 */
export async function checkPrograms(
  artifacts: readonly CommandArtifact[],
  plan: Pick<PlanRef, 'dir'>,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  for (const program of new Set(artifacts.map(programIn))) {
    // Instances always have tg on their PATH.
    if (program === undefined || program === 'tg' || (await isKnownToShell(program, env))) continue;
    throw new TgError('environment', `the plan starts ${program}, which is not on PATH`, {
      where: plan.dir,
      hint: howToInstall(program),
    });
  }
}

function programIn({ command: [shell, flag, line] }: CommandArtifact): string | undefined {
  return shell === '/bin/sh' && flag === '-c' && line !== undefined ? programOf(line.trim()) : undefined;
}

async function isKnownToShell(program: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  if (findProgram(program, env) !== undefined) return true;
  // A relative folder on PATH means another folder in an instance's working directory.
  if (env['PATH']?.split(delimiter).some((folder) => !isAbsolute(folder))) return true;
  // It may be a shell builtin.
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
