import { firstOnly, forever, pass } from './misbehaving.ts';

/** Test cases about how an instance ends. Most endings contradict what it reports. */
export const endings = {
  /** Exits with status 0 and reports nothing. */
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
    runenv.recordFailure(new Error('intended failure'));
    process.exit(1);
  }),

  /** Ends as if the kernel had killed it for lack of memory. */
  killed: firstOnly(() => {
    process.kill(process.pid, 'SIGKILL');
  }),

  /** Uses more memory than V8 allows. */
  'out-of-memory': firstOnly(() => {
    const held: number[][] = [];
    for (;;) held.push(new Array<number>(1_000_000).fill(held.length));
  }),

  /** Stops itself, as a debugger or Ctrl-Z does. */
  stopped: firstOnly(async (runenv) => {
    runenv.recordMessage('about to stop');
    process.kill(process.pid, 'SIGSTOP');
    await forever();
  }),
};
