import { on, once } from 'node:events';
import { WebSocket } from 'ws';
import { type Response, scriptAgent } from '../../../sync/protocol.ts';
import { asTyped } from '../../../util/command-name.ts';
import { messageOf, TgError } from '../../../util/errors.ts';

/** The maximum number of unread responses before the connection is paused. */
const maxUnread = 1_000;

/**
 * Sends one request to a sync service and yields its responses until the caller stops or the signal aborts.
 * @param address the address of the service, `host:port`.
 * @param request a JSON frame with an id.
 * @throws TgError (environment) if the connection fails or breaks.
 * @throws the signal's reason when it aborts.
 */
export async function* exchange(
  address: string,
  request: string,
  signal: AbortSignal,
): AsyncGenerator<Response, never> {
  const socket = new WebSocket(`ws://${address}`, {
    perMessageDeflate: false,
    headers: { 'user-agent': scriptAgent },
  });
  try {
    await opened(socket, address, signal);
    const answers = on(socket, 'message', {
      signal,
      close: ['close'],
      highWaterMark: maxUnread,
      lowWaterMark: 1,
    });
    socket.send(request);
    for await (const [data] of answers) yield JSON.parse(String(data)) as Response;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof TgError) throw error;
    throw lost(address, messageOf(error));
  } finally {
    socket.terminate();
  }
  if (signal.aborted) throw signal.reason;
  throw lost(address, 'the service closed it');
}

async function opened(socket: WebSocket, address: string, signal: AbortSignal): Promise<void> {
  try {
    await once(socket, 'open', { signal });
  } catch (cause) {
    // Terminating a socket while it connects emits an error event.
    socket.on('error', () => {});
    if (signal.aborted) throw signal.reason;
    throw new TgError('environment', `no sync service answers: ${messageOf(cause)}`, {
      where: address,
      hint: `In a run, its host and port are in SYNC_SERVICE_HOST and SYNC_SERVICE_PORT. Outside a run, start one with: ${asTyped('sync-service')}`,
      cause,
    });
  }
}

function lost(address: string, why: string): TgError {
  return new TgError('environment', `the connection to the sync service was lost: ${why}`, {
    where: address,
    hint: 'The service ends with its run.',
  });
}
