import type { BuildOptions, BuildResult } from 'esbuild';
import { TgError } from '../../../util/errors.ts';
import { errorsOf } from './esbuild-errors.ts';

type Result = BuildResult<{ readonly write: false; readonly metafile: true }>;

/**
 * Runs esbuild in memory.
 * @param planDir the folder named in messages.
 * @throws TgError (build) with the compiler's errors.
 */
export async function runEsbuild(folder: string, planDir: string, options: BuildOptions): Promise<Result> {
  // Loaded on demand: builds of plain JavaScript do not need it.
  const { build, formatMessages } = await import('esbuild');
  try {
    return await build({
      absWorkingDir: folder,
      platform: 'node',
      // As Node resolves, which has no condition "module".
      conditions: [],
      logLevel: 'silent',
      ...options,
      write: false,
      metafile: true,
    });
  } catch (error) {
    const errors = errorsOf(error);
    if (errors.length === 0) throw error;
    const messages = await formatMessages([...errors], { kind: 'error', color: false });
    throw new TgError('build', 'the plan does not build with exec:node', {
      where: planDir,
      hint: messages.join('').trim(),
      cause: error,
    });
  }
}
