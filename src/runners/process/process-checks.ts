import { createServer } from 'node:net';
import { messageOf, TgError } from '../../util/errors.ts';
import type { CheckResult, HealthCheck } from '../runner.ts';
import { fileLimit, instancesWithin } from './limits.ts';
import { serviceName } from './service-name.ts';

/** What runners of local processes need of this machine. */
export const processChecks: readonly HealthCheck[] = [
  { name: 'loopback', check: loopback },
  { name: 'open-files', check: () => Promise.resolve(openFiles()) },
  { name: 'service-name', check: byName },
];

async function loopback(): Promise<CheckResult> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return { state: 'ok', text: 'tg can listen on 127.0.0.1' };
  } catch (error) {
    return { state: 'failed', text: `tg cannot listen on 127.0.0.1: ${messageOf(error)}` };
  } finally {
    server.close();
  }
}

function openFiles(): CheckResult {
  const { max } = fileLimit();
  if (!Number.isFinite(max)) return { state: 'ok', text: 'this system reports no limit on open files' };
  return {
    state: 'ok',
    text: `${max} files may be open: enough for about ${instancesWithin(max)} instances`,
  };
}

async function byName(): Promise<CheckResult> {
  try {
    const { shared } = await serviceName();
    const how =
      shared === undefined ? 'in its own mount namespace' : 'because this machine resolves the name';
    return { state: 'ok', text: `the Rust crate finds testground-sync-service ${how}` };
  } catch (error) {
    const hint = error instanceof TgError ? `. ${error.hint?.split('\n').at(-1)}` : '';
    return {
      state: 'missing',
      text: `the Rust crate would not find the sync service: ${messageOf(error)}${hint}`,
    };
  }
}
