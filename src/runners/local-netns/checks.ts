import { rm } from 'node:fs/promises';
import { makeTempFolder } from '../../os/temp-folder.ts';
import { messageOf } from '../../util/errors.ts';
import type { CheckResult, HealthCheck } from '../runner.ts';
import type { HolderRequest } from './holder/protocol.ts';
import { type Holder, startHolder } from './holder.ts';
import { writeNameFiles } from './name-resolution.ts';
import { controlAddress, dataAddress } from './subnets.ts';

/** How long, in ms, the trial may take to start. */
const startsWithin = 20_000;

/** What local:netns needs. */
export const netnsChecks: readonly HealthCheck[] = [
  { name: 'networks of their own for instances', check: tryNetwork },
];

/** Makes the network of one instance, as a run does. */
async function tryNetwork(): Promise<CheckResult> {
  const folder = makeTempFolder('netns');
  try {
    await using holder = closing(await startHolder('healthcheck', AbortSignal.timeout(startsWithin)));
    const ask = async (request: HolderRequest) => await holder.launcher.ask(request);
    const [control, data] = [controlAddress(0), dataAddress(0)];
    const files = writeNameFiles(folder, 'trial', control);
    await ask({
      ask: 'place',
      number: 0,
      hostname: 'trial',
      files,
      control,
      data,
      seed: trialSeed,
      isSplit: true,
    });
    await ask({ ask: 'measure' });
    return { state: 'ok', text: 'they can be made; tg delays and drops packets itself (engine user)' };
  } catch (error) {
    return { state: 'failed', text: messageOf(error) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const trialSeed = Array.from({ length: 12 }, (_, place) => place + 1);

function closing(holder: Holder): Holder & AsyncDisposable {
  return {
    ...holder,
    async [Symbol.asyncDispose]() {
      for (const server of holder.servers) server.close();
      await holder.launcher[Symbol.asyncDispose]();
    },
  };
}
