import { firstOnly, forever, pass } from './misbehaving.ts';

/** Ends that are not what they say. */
export const endings = {
  /** Exits with status 0 and says nothing. */
  silent: firstOnly(() => process.exit(0)),

  'succeeds-twice': firstOnly((runenv) => {
    runenv.recordSuccess();
    pass(runenv);
  }),

  'succeeds-then-fails': firstOnly((runenv) => {
    runenv.recordSuccess();
    runenv.recordFailure(new Error('not quite'));
    process.exit(0);
  }),

  'succeeds-then-exits': firstOnly((runenv) => {
    runenv.recordSuccess();
    process.exit(3);
  }),

  'succeeds-then-crashes': firstOnly((runenv) => {
    runenv.recordSuccess();
    process.kill(process.pid, 'SIGSEGV');
  }),

  'succeeds-then-stays': firstOnly(async (runenv) => {
    runenv.recordSuccess();
    await forever();
  }),

  fails: firstOnly((runenv) => {
    runenv.recordFailure(new Error('as it was told to'));
    process.exit(1);
  }),

  /** As the kernel ends it for want of memory. */
  killed: firstOnly(() => {
    process.kill(process.pid, 'SIGKILL');
  }),

  /** Takes more memory than V8 gives it. */
  'out-of-memory': firstOnly(() => {
    const held: number[][] = [];
    for (;;) held.push(new Array<number>(1_000_000).fill(held.length));
  }),

  /** Stops itself, as a debugger or a Ctrl-Z does. */
  stopped: firstOnly(async (runenv) => {
    runenv.recordMessage('about to stop');
    process.kill(process.pid, 'SIGSTOP');
    await forever();
  }),
};
