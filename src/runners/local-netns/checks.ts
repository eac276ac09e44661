import { messageOf } from '../../util/errors.ts';
import type { HealthCheck } from '../runner.ts';
import { startHolder } from './holder.ts';

/** What local:netns needs. */
export const netnsChecks: readonly HealthCheck[] = [
  {
    name: 'networks of their own for instances',
    async check() {
      try {
        const { launcher, servers } = await startHolder('healthcheck', AbortSignal.timeout(20_000));
        for (const server of servers) server.close();
        await launcher[Symbol.asyncDispose]();
        return { state: 'ok', text: 'they can be made; tg delays and drops frames itself (engine user)' };
      } catch (error) {
        return { state: 'failed', text: messageOf(error) };
      }
    },
  },
];
