import { basename } from 'node:path';
import type { InitContext, RunEnv } from 'testground-tg/sdk';

/** Publishes what others need to know of this instance. @returns that of all instances. */
export async function meet<T>(
  topic: string,
  mine: T,
  { testInstanceCount }: RunEnv,
  { syncClient }: InitContext,
): Promise<T[]> {
  await syncClient.publish(topic, mine);
  const all: T[] = [];
  for await (const message of syncClient.subscribe<T>(topic)) {
    all.push(message);
    if (all.length === testInstanceCount) break;
  }
  return all;
}

/** The name of this instance, as tg prints it: `clients[3]`. */
export function nameOf({ testGroupId, params }: RunEnv): string {
  return `${testGroupId}[${basename(params.testOutputsPath)}]`;
}

/** @throws Error without a sidecar, which shapes networks. */
export function needSidecar({ params }: RunEnv): void {
  if (!params.testSidecar) throw new Error('this test case asks for a network: choose --runner local:netns');
}
