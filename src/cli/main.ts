import { writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommanderError } from 'commander';
import { setCommandName } from '../util/command-name.ts';
import { asTestground, type ExitCode, exitCodeOf, exitCodes, worstCode } from '../util/exit-codes.ts';
import { sanitizeTerminal } from '../util/sanitize-terminal.ts';
import { asExpected, reportFatalError } from './fatal-error.ts';
import { withoutCommands } from './output/github/workflow-commands.ts';
import { sayAside } from './output/say.ts';
import { flushed, streamLost, watchStandardStreams } from './output/stream-errors.ts';
import { buildProgram, VersionShown } from './program.ts';
import { endAtSignals, exitTimeoutMs, firstSignal } from './signals.ts';

/**
 * Runs the command line and ends the process with its exit code.
 * @param name the name tg was called by; scripts that call `testground` know fewer exit codes.
 */
export async function main(name: 'tg' | 'testground'): Promise<void> {
  watchStandardStreams();
  const exitCode = (code: ExitCode) => (name === 'testground' ? asTestground(code) : code);
  // Node would exit with 1, the exit code of a failed run, on an uncaught exception.
  process.on('uncaughtException', (error) => {
    const expected = asExpected(error);
    sayAtOnce(reportFatalError(expected));
    process.exit(exitCode(exitCodeOf(expected)));
  });
  const signalled = firstSignal();
  const ending = endAtSignals((code) => process.exit(exitCode(code)));
  setCommandName(name);
  const code = await carryOut(name, plainFlags(process.argv.slice(2)));
  ending[Symbol.dispose]();
  const words = Promise.all([process.stdout, process.stderr].map(flushed));
  // After a signal, do not wait for a reader that does not read.
  await Promise.race([words, signalled.then(() => sleep(exitTimeoutMs))]);
  process.exit(exitCode(withOutlets(code)));
}

/** The exit code of a command whose output could not be written, so that programs notice. */
function withOutlets(code: ExitCode): ExitCode {
  if (!streamLost.aborted) return code;
  // A failure to write an archive or report there has been reported already.
  if (code !== exitCodes.environment) sayAtOnce(reportFatalError(streamLost.reason));
  return worstCode([code, exitCodes.environment]);
}

function sayAtOnce(text: string): void {
  try {
    writeSync(process.stderr.fd, withoutCommands(sanitizeTerminal(text)));
  } catch {
    // stderr cannot be written, or its reader has gone.
  }
}

/** Makes the folder for temporary files absolute, since child processes have other working directories. */
function absoluteTempFolder(env: NodeJS.ProcessEnv): void {
  for (const name of ['TMPDIR', 'TMP', 'TEMP']) {
    const folder = env[name];
    if (folder) env[name] = resolve(folder);
  }
}

async function carryOut(name: string, args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = exitCodes.success;
  const program = buildProgram(name, (its) => {
    code = its;
  });
  try {
    absoluteTempFolder(process.env);
    if (args[0] === '__complete')
      return await (await import('./commands/completion/complete.ts')).complete(program, args.slice(1));
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof VersionShown) return exitCodes.success;
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
    const expected = asExpected(error);
    sayAside(reportFatalError(expected));
    return exitCodeOf(expected);
  }
}

/** Go programs accept `--flag=true` for a flag without a value, and scripts for testground may pass it. */
function plainFlags(args: readonly string[]): string[] {
  return args.flatMap((arg) => {
    const match = /^(--(?:collect|wait|disable-metrics|quiet|detach))=(true|false)$/.exec(arg);
    if (match === null) return [arg];
    return match[2] === 'true' ? [match[1] ?? arg] : [];
  });
}
