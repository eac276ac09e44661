import type { InitContext, RunEnv } from 'testground-tg/sdk';

/** Two messages and one metric. */
export function output(runenv: RunEnv, _init: InitContext): void {
  runenv.recordMessage('Hello, World.');
  runenv.recordMessage('Additional arguments: %d', Object.keys(runenv.params.testInstanceParams).length);
  runenv.R().recordPoint('donkeypower', 3.0);
}

/** A test case that throws has failed. */
export function failure(runenv: RunEnv, _init: InitContext): void {
  runenv.recordMessage('This is what happens when there is a failure');
  throw new Error('intentional oops');
}

/** An uncaught error is a crash: this one is thrown where no caller can catch it. */
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

/** Waits for one instance more than there are, forever: only a timeout or Ctrl-C ends it. */
export async function stall(runenv: RunEnv, { syncClient }: InitContext): Promise<void> {
  runenv.recordMessage('Now stalling');
  await syncClient.signalAndWait('never', runenv.testInstanceCount + 1);
}
