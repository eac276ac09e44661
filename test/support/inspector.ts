import { once } from 'node:events';
import { WebSocket } from 'ws';

/** How often, in ms, the process is asked to continue. */
const askAgainMs = 200;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly url?: string;
  };
}

/**
 * Attaches to a Node process that waits for a debugger at its first line (`--inspect-brk`), lets it continue, and
 * detaches.
 * @returns the URLs of the scripts that were loaded while it waited: modules are loaded before the first one is
 * evaluated.
 */
export async function letGoOn(url: string): Promise<readonly string[]> {
  const socket = new WebSocket(url);
  const send = (id: number, method: string, params = {}) =>
    socket.send(JSON.stringify({ id, method, params }));
  // Node forgets the request if it is not waiting yet when the request comes (it listens a moment before it waits).
  const asking = setInterval(() => {
    if (socket.readyState === WebSocket.OPEN) send(3, 'Runtime.runIfWaitingForDebugger');
  }, askAgainMs);
  return await new Promise<readonly string[]>((resolve, reject) => {
    const urls: string[] = [];
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`${url} has closed the connection`)));
    socket.once('open', () => {
      send(1, 'Debugger.enable');
      send(2, 'NodeRuntime.notifyWhenWaitingForDisconnect', { enabled: true });
      send(3, 'Runtime.runIfWaitingForDebugger');
    });
    socket.on('message', (data) => {
      const { id, method, params } = JSON.parse(String(data)) as Message;
      if (method === 'Debugger.scriptParsed') urls.push(params?.url ?? '');
      if (method === 'Debugger.paused') {
        clearInterval(asking);
        send(4, 'Debugger.resume');
      }
      // Only now, or if it did not pause: a process that has finished waits until its debugger disconnects.
      if (id === 4 || method === 'NodeRuntime.waitingForDisconnect') {
        resolve(urls);
        socket.close();
      }
    });
  }).finally(() => clearInterval(asking));
}

/** Lets a Node process that listens for a debugger (`--inspect`) collect its garbage. */
export async function collectGarbageOf(url: string): Promise<void> {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  socket.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }));
  await once(socket, 'message');
  socket.close();
}
