import { type ChildProcess, spawn } from 'node:child_process';
import { ownFiles } from '../../../os/own-package.ts';

/**
 * Options for little memory and few threads, because both make forking slower. They save a tenth of the time of a
 * large run.
 */
const lean = ['--no-opt', '--v8-pool-size=1', '--max-semi-space-size=1'];

let prewarmed: ChildProcess | undefined;

/**
 * Starts the launcher before the run is known: it needs as long to start as tg needs to load and to check the plan.
 * It ends with tg, so a caller that ends without a run need not stop it.
 */
export function prewarmLauncher(): void {
  prewarmed ??= startProcess();
}

/** Returns the prewarmed launcher, or a new one. */
export function takeLauncher(): ChildProcess {
  const taken = prewarmed;
  prewarmed = undefined;
  const lives = taken !== undefined && taken.exitCode === null && taken.signalCode === null;
  return lives ? taken : startProcess();
}

function startProcess(): ChildProcess {
  const started = spawn(process.execPath, [...lean, ownFiles().launcher, String(process.pid)], {
    argv0: 'tg-launcher',
    // Not in tg's process group, so that Ctrl-C does not reach it: tg ends instances gracefully and learns of their
    // ends from it.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    // Without the run's variables: it must not be ended with the run's processes.
    env: { PATH: process.env['PATH'] },
  });
  // The launcher's user handles the error, too.
  started.on('error', () => {});
  return started;
}
