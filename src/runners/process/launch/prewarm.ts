import { type ChildProcess, spawn } from 'node:child_process';
import { ownFiles } from '../../../os/own-package.ts';

/**
 * Options for little memory and few threads, because both make forking slower. They save a tenth of the time of a
 * large run.
 */
const lean = ['--no-opt', '--v8-pool-size=1', '--max-semi-space-size=1'];

let spare: ChildProcess | undefined;

/**
 * Starts the launcher before the run is known: it needs as long to start as tg needs to load and to check the plan.
 * It ends with tg, so a caller that ends without a run need not stop it.
 */
export function prewarmLauncher(): void {
  spare ??= startProcess();
}

/** Returns the prewarmed launcher, or a new one. */
export function takeLauncher(): ChildProcess {
  const prepared = spare;
  spare = undefined;
  const lives = prepared !== undefined && prepared.exitCode === null && prepared.signalCode === null;
  return lives ? prepared : startProcess();
}

function startProcess(): ChildProcess {
  const started = spawn(process.execPath, [...lean, ownFiles().launcher, String(process.pid)], {
    argv0: 'tg-launcher',
    // Not in tg's process group, so that Ctrl-C does not reach it: tg ends instances in order and learns of their
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
