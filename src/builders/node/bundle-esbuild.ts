import type { BuildOptions, BuildResult } from 'esbuild';
import { TgError } from '../../util/errors.ts';
import { errorsOf } from './esbuild-errors.ts';

type Result = BuildResult<{ readonly write: false; readonly metafile: true }>;

/**
 * Runs esbuild without writing anything.
 * @param planDir what messages name.
 * @throws TgError (build) with the compiler's words.
 */
export async function runEsbuild(folder: string, planDir: string, options: BuildOptions): Promise<Result> {
  // Where JavaScript was built before, it is not needed.
  const { build, formatMessages } = await import('esbuild');
  try {
    return await build({
      absWorkingDir: folder,
      platform: 'node',
      // As Node resolves: it knows no condition "module".
      conditions: [],
      logLevel: 'silent',
      ...options,
      write: false,
      metafile: true,
    });
  } catch (error) {
    const errors = errorsOf(error);
    if (errors.length === 0) throw error;
    const words = await formatMessages([...errors], { kind: 'error', color: false });
    throw new TgError('build', 'the plan does not build with exec:node', {
      where: planDir,
      hint: words.join('').trim(),
      cause: error,
    });
  }
}
