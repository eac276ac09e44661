import type { InitContext, RunEnv } from 'testground-tg/sdk';

/** Records two messages and one metric. */
export function output(runenv: RunEnv, _init: InitContext): void {
  runenv.recordMessage('Hello, World.');
  runenv.recordMessage('Additional arguments: %d', Object.keys(runenv.params.testInstanceParams).length);
  runenv.R().recordPoint('donkeypower', 3.0);
}

/** Throws: a test case that throws has failed. */
export function failure(runenv: RunEnv, _init: InitContext): void {
  runenv.recordMessage('This is what happens when there is a failure');
  throw new Error('intentional oops');
}

/** Throws where no caller can catch it: an uncaught error is a crash. */
export async function panic(runenv: RunEnv, _init: InitContext): Promise<void> {
  runenv.recordMessage('About to hit an unhandled error');
  setImmediate(() => {
    throw new Error('intentional panic');
  });
  await new Promise(() => {});
}

/** Records its parameters. */
export function params(runenv: RunEnv, _init: InitContext): void {
  runenv.recordMessage('Params are defined in toml manifest');
  runenv.recordMessage('Params can be overridden by the commandline!');
  for (const [key, value] of Object.entries(runenv.params.testInstanceParams)) {
    runenv.recordMessage(`key: ${key}, value: ${value}`);
  }
  runenv.recordMessage(`The value of param2 is ${runenv.intParam('param2')}`);
}

/** Waits for one instance more than the run has. Only a timeout or Ctrl-C ends it. */
export async function stall(runenv: RunEnv, { syncClient }: InitContext): Promise<void> {
  runenv.recordMessage('Now stalling');
  await syncClient.signalAndWait('never', runenv.testInstanceCount + 1);
}
