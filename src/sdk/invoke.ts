import { InitContext } from './init-context.ts';
import { RunEnv } from './run-env.ts';

/** A test case that takes only its run environment. */
export type TestCase = (runenv: RunEnv) => Promise<void> | void;

/** A test case that is initialized first; it takes two parameters. */
export type InitializedTestCase = (runenv: RunEnv, initContext: InitContext) => Promise<void> | void;

const exitCodes = { success: 0, failure: 1, crash: 2 };

/** How long, in ms, to wait for the last events to be published. */
const closeTimeoutMs = 5_000;

/** Runs the test case named by the environment, as `invoke` does. An unknown name is a failure. */
export function invokeMap(cases: Readonly<Record<string, TestCase | InitializedTestCase>>): Promise<never> {
  return invokeWith((runenv) => {
    const found = Object.hasOwn(cases, runenv.testCase) ? cases[runenv.testCase] : undefined;
    if (found !== undefined) return found;
    throw new Error(
      `unrecognized test case: ${runenv.testCase}; this plan has ${Object.keys(cases).join(', ')}`,
    );
  });
}

/**
 * Runs a test case and reports its outcome: success when it returns, failure when it throws. An uncaught exception
 * (in a callback, or in a promise that is not awaited) is a crash. Then the process exits with 0, 1 or 2.
 */
export function invoke(testCase: TestCase | InitializedTestCase): Promise<never> {
  return invokeWith(() => testCase);
}

async function invokeWith(choose: (runenv: RunEnv) => TestCase | InitializedTestCase): Promise<never> {
  const runenv = RunEnv.current();
  const crash = (error: unknown) => {
    runenv.recordCrash(error);
    process.stderr.write(`${stackOf(error)}\n`);
    void leave(runenv, exitCodes.crash);
  };
  process.once('uncaughtException', crash);
  process.once('unhandledRejection', crash);
  process.once('beforeExit', () => {
    runenv.recordFailure(
      new Error('the test case has not returned, and nothing is left that it could wait for'),
    );
    void leave(runenv, exitCodes.failure);
  });
  watchMemory(runenv);
  runenv.recordStart();
  let context: InitContext | undefined;
  try {
    const testCase = choose(runenv);
    if (testCase.length >= 2) context = await InitContext.create(runenv);
    await (testCase as InitializedTestCase)(runenv, context as InitContext);
  } catch (error) {
    runenv.recordFailure(error);
    // The event only has the message; the stack goes to run.err.
    if (error instanceof Error) process.stderr.write(`${stackOf(error)}\n`);
    return await leave(runenv, exitCodes.failure, context);
  }
  runenv.recordSuccess();
  return await leave(runenv, exitCodes.success, context);
}

/** Flushes pending output and events, and ends the process. Output that cannot be written is a failure. */
async function leave(runenv: RunEnv, code: number, context?: InitContext): Promise<never> {
  const closeAll = async () => {
    await runenv.close();
    await context?.syncClient.close();
    return code;
  };
  const timeout = new Promise<number>((resolve) => {
    setTimeout(resolve, closeTimeoutMs, code).unref();
  });
  const final = await Promise.race([closeAll(), timeout]).catch((error: unknown) => {
    process.stderr.write(`${stackOf(error)}\n`);
    return Math.max(code, exitCodes.failure);
  });
  await Promise.all([process.stdout, process.stderr].map(written));
  process.exit(final);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}

function watchMemory(runenv: RunEnv): void {
  runenv.D().gaugeF('process.rss', () => process.memoryUsage.rss());
  runenv.D().gaugeF('process.heap_used', () => process.memoryUsage().heapUsed);
  runenv.D().gaugeF('process.heap_total', () => process.memoryUsage().heapTotal);
}
