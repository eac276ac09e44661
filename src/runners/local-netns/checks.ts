import { rm } from 'node:fs/promises';
import { makeTempFolder } from '../../os/temp-folder.ts';
import { messageOf } from '../../util/errors.ts';
import type { CheckResult, HealthCheck } from '../runner.ts';
import { type HolderOptions, startHolder } from './holder.ts';
import { writeNameFiles } from './name-resolution.ts';
import { controlAddress, dataAddress } from './subnets.ts';

/** What local:netns needs. */
export const netnsChecks: readonly HealthCheck[] = [
  { name: 'networks of their own for instances', check: tryNetwork },
  { name: 'the outside for instances', check: tryUplink },
];

/** Opens the way to the outside in a network, as a run does. */
async function tryUplink(): Promise<CheckResult> {
  try {
    await using holder = await startHolder(trial);
    await holder.reachOutside();
    return { state: 'ok', text: 'routing_policy = allow_all lets them reach what this machine reaches' };
  } catch (error) {
    return {
      state: 'missing',
      text: `routing_policy = allow_all will be refused: ${messageOf(error)}`,
    };
  }
}

/** Makes the network of one instance, as a run does. */
async function tryNetwork(): Promise<CheckResult> {
  const folder = makeTempFolder('netns');
  try {
    await using holder = await startHolder(trial);
    const [control, data] = [controlAddress(0), dataAddress(0)];
    const files = writeNameFiles(folder, 'trial', control, []);
    await holder.order({
      ask: 'place',
      number: 0,
      hostname: 'trial',
      files,
      control,
      data,
      seed: trialSeed,
      group: 'trial',
      reached: [],
      labels: [],
      isSplit: true,
    });
    await holder.order({ ask: 'measure' });
    const { name, reason } = await holder.engine();
    return { state: 'ok', text: `they can be made; ${engines[name]} (engine=${name}): ${reason}` };
  } catch (error) {
    return { state: 'failed', text: messageOf(error) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const engines = {
  kernel: 'the kernel delays and drops packets',
  user: 'tg delays and drops packets itself',
} as const;
const trial: HolderOptions = {
  runId: 'healthcheck',
  engine: 'auto',
  stop: new AbortController().signal,
  onProblem: () => {},
};
const trialSeed = Array.from({ length: 12 }, (_, place) => place + 1);
