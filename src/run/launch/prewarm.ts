import { type ChildProcess, spawn } from 'node:child_process';
import { ownFiles } from '../../os/own-package.ts';

/** Little memory and few threads: to fork a process costs what it has of both. A tenth of the time of a large run. */
const lean = ['--no-opt', '--v8-pool-size=1', '--max-semi-space-size=1'];

let spare: ChildProcess | undefined;

/**
 * Starts the process that will start instances, before it is known which: it takes as long to be there as tg takes to load
 * and to look at the plan. Nobody who ends without a run has to think of it: it ends with tg.
 */
export function prewarmLauncher(): void {
  spare ??= startProcess();
}

/** The one that was prepared, or a new one. */
export function takeLauncher(): ChildProcess {
  const prepared = spare;
  spare = undefined;
  const lives = prepared !== undefined && prepared.exitCode === null && prepared.signalCode === null;
  return lives ? prepared : startProcess();
}

function startProcess(): ChildProcess {
  const started = spawn(process.execPath, [...lean, ownFiles().launcher, String(process.pid)], {
    argv0: 'tg-launcher',
    // Out of reach of a Ctrl-C: tg ends instances in order, and hears of their ends from it.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    // Nothing of the run: it is not one of those that are ended with it.
    env: { PATH: process.env['PATH'] },
  });
  // Whoever takes it hears of that, too.
  started.on('error', () => {});
  return started;
}
