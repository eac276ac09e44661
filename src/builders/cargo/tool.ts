import { TgError } from '../../util/errors.ts';
import type { BuildRequest } from '../builder.ts';
import { runTool } from '../tool/tool.ts';
import { CargoOutput, cargoAdvice } from './cargo-output.ts';

/** Runs Cargo in a folder, and returns its stdout. */
export type Cargo = (
  args: readonly string[],
  cwd: string,
  more?: Readonly<Record<string, string>>,
) => Promise<string>;

/** Settings of Cargo's output that override its configuration. */
const outputSettings = {
  CARGO_TERM_COLOR: 'never',
  CARGO_TERM_PROGRESS_WHEN: 'never',
  CARGO_TERM_QUIET: 'false',
  CARGO_TERM_VERBOSE: 'false',
};

/**
 * Returns Cargo for one build.
 * @param env the environment, which selects the toolchain.
 */
export function cargoFor(
  { spec, signal, progress }: BuildRequest,
  env: NodeJS.ProcessEnv,
  where: string,
): Cargo {
  return async (args, cwd, more = {}) => {
    const output = new CargoOutput(progress);
    try {
      return await runTool({
        ...{ program: 'cargo', args, cwd, signal, where, stdout: 'data', builder: spec.builder },
        env: { ...env, ...outputSettings, ...more },
        failure: 'the plan does not build with exec:rust',
        onLine: (line, stream) => output.add(line, stream),
      });
    } catch (error) {
      throw isFailure(error) ? withAdvice(error, output.failure) : error;
    }
  };
}

function isFailure(error: unknown): error is TgError {
  return error instanceof TgError && error.kind === 'build' && /\(cargo: /.test(error.message);
}

/** Puts the compiler's first error first and the advice last. */
function withAdvice(error: TgError, said: string): TgError {
  const { kind, message, where, hint } = error;
  const parts = [said.trim() === '' ? hint : said, cargoAdvice(said)].filter((text) => text !== undefined);
  return new TgError(kind, message, { where, hint: parts.join('\n'), cause: error });
}
