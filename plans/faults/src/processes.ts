import { spawn } from 'node:child_process';
import { firstOnly, forever, pass } from './misbehaving.ts';

/** Test cases with processes that do not end by themselves. */
export const processes = {
  'ignores-sigterm': firstOnly(async (runenv) => {
    process.on('SIGTERM', () => runenv.recordMessage('no'));
    runenv.recordMessage('I stay');
    await forever();
  }),

  /** Leaves children and grandchildren, in its own process group and in another one. */
  grandchildren: firstOnly((runenv) => {
    spawn('sh', ['-c', 'sleep 601 & exec sleep 602'], { stdio: 'ignore' });
    spawn('sh', ['-c', 'sleep 603 & exec sleep 604'], { stdio: 'ignore', detached: true }).unref();
    pass(runenv);
  }),

  /** Exits, and leaves a process in its own session that still holds the stdout. */
  daemonises: firstOnly((runenv) => {
    const script = 'while :; do echo more; sleep 0.02; done';
    spawn('sh', ['-c', script], { stdio: 'inherit', detached: true }).unref();
    pass(runenv);
  }),

  /** Leaves a process, in its own session, that keeps starting others. */
  forks: firstOnly((runenv) => {
    spawn('sh', ['-c', 'while :; do sleep 605 & sleep 0.005; done'], {
      stdio: 'ignore',
      detached: true,
    }).unref();
    setTimeout(() => pass(runenv), 300);
  }),

  /** Does nothing until it is ended. For runs that are ended from outside. */
  stays: async (runenv: { recordMessage(message: string): void }) => {
    runenv.recordMessage('I stay');
    await forever();
  },
};
