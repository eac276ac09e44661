import { basename } from 'node:path';
import type { RunEnv } from 'testground-tg/sdk';

/** The behaviour of an instance. When the function returns, the instance has reported how it ended. */
export type Fault = (runenv: RunEnv) => void | Promise<void>;

/** Whether this is the instance that misbehaves: the first of its group. */
export function isFirst({ params }: RunEnv): boolean {
  return basename(params.testOutputsPath) === '0';
}

/** The first instance of a group misbehaves; all others pass. */
export function firstOnly(fault: Fault): Fault {
  return async (runenv) => {
    if (!isFirst(runenv)) return pass(runenv);
    await fault(runenv);
  };
}

/** Reports success and exits. */
export function pass(runenv: RunEnv): void {
  runenv.recordSuccess();
  process.exit(0);
}

/** Waits until the process is ended. */
export async function forever(): Promise<never> {
  setInterval(() => {}, 1_000);
  return await new Promise<never>(() => {});
}
