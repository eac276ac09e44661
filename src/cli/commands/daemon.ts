import { createServer } from 'node:http';
import { homeOf } from '../../os/home.ts';
import { readHomeConfig } from '../../plan/home-config.ts';
import { asTyped } from '../../util/command-name.ts';
import { messageOf, TgError } from '../../util/errors.ts';
import { type ExitCode, exitCodes } from '../../util/exit-codes.ts';
import { say } from '../output/say.ts';
import { servedUntil, watchSignals } from '../signals.ts';

const words = () =>
  `tg needs no daemon: ${asTyped('run')} starts a run, and everything about it is in its outputs.\n`;

/**
 * `tg daemon`: listens on the daemon port and does nothing else, for scripts that start a daemon and wait for its
 * port.
 */
export async function daemon(): Promise<ExitCode> {
  const { daemon: settings } = await readHomeConfig(homeOf(process.env));
  const { host, port } = positionIn(settings?.listen ?? ':8040');
  using interrupts = watchSignals();
  const server = createServer((_, response) => response.end(words()));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new TgError('environment', `cannot listen: ${messageOf(cause)}`, {
          where: `${host}:${port}`,
          hint: 'Choose a free port: listen = ":8040" below [daemon] of .env.toml in the home.',
          cause,
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
  say(`${words()}Listening on ${host}:${port} until a signal ends it.\n`);
  await servedUntil(interrupts);
  server.closeAllConnections();
  server.close();
  // A daemon is stopped by a signal, which is not a failure.
  return exitCodes.success;
}

/** Parses `:8040` or `localhost:8040`; without a host, only the loopback interface. */
function positionIn(listen: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^(.*):(\d{1,5})$/.exec(listen) ?? [];
  if (host === undefined || Number(port) > 65_535) {
    throw new TgError('usage', `not an address to listen on: ${JSON.stringify(listen)}`, {
      where: '.env.toml: daemon.listen',
      hint: 'For instance ":8040" or "127.0.0.1:8040".',
    });
  }
  return { host: host === '' ? '127.0.0.1' : host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}
