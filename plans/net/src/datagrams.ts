import { createSocket, type Socket } from 'node:dgram';

/** Where an instance receives datagrams. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** The answer to a ping: its round trip in ms, and the endpoint as which this one was seen; or why there was none. */
export type Pong =
  | { readonly ms: number; readonly seenAs: Endpoint; readonly lost?: undefined }
  | { readonly lost: string };

type Message =
  | { readonly ping: number; readonly name: string }
  | { readonly pong: number; readonly seenAs: Endpoint }
  | { readonly note: string };

/** A UDP socket that answers pings, measures round trips, and passes on what others note. */
export class Datagrams {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (seenAs: Endpoint) => void>();
  readonly #name: string;
  #ids = 0;
  /** Called for each ping, with the name of its sender and the endpoint from which it came. */
  onPing = (_name: string, _from: Endpoint) => {};
  /** Called for each note. */
  onNote = (_: string) => {};

  private constructor(socket: Socket, name: string) {
    this.#socket = socket;
    this.#name = name;
    socket.on('message', (text, { address, port }) =>
      this.#receive(JSON.parse(String(text)), { address, port }),
    );
    // What cannot be sent is lost, and its sender learns that from send().
    socket.on('error', () => {});
  }

  /**
   * Listens on all addresses: the socket goes on when the instance gets another one.
   * @param name what its pings say of their sender.
   */
  static async open(name = ''): Promise<Datagrams> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject).bind(0, '0.0.0.0', resolve);
    });
    socket.removeAllListeners('error');
    return new Datagrams(socket, name);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Sends a ping and waits for the answer. */
  ping(to: Endpoint, timeoutMs: number): Promise<Pong> {
    const id = ++this.#ids;
    const sent = performance.now();
    return new Promise((resolve) => {
      const end = (pong: Pong) => {
        clearTimeout(late);
        this.#waiting.delete(id);
        resolve(pong);
      };
      const late = setTimeout(() => end({ lost: 'timeout' }), timeoutMs);
      this.#waiting.set(id, (seenAs) => end({ ms: performance.now() - sent, seenAs }));
      void this.#send({ ping: id, name: this.#name }, to).then((error) => {
        if (error !== undefined) end({ lost: error });
      });
    });
  }

  /** Sends a note, which may get lost. */
  async note(note: string, to: Endpoint): Promise<void> {
    await this.#send({ note }, to);
  }

  close(): void {
    this.#socket.close();
  }

  /** @returns the code of the error if it cannot be sent. */
  #send(message: Message, { address, port }: Endpoint): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#socket.send(JSON.stringify(message), port, address, (error) => {
        resolve(error === null ? undefined : ((error as NodeJS.ErrnoException).code ?? error.message));
      });
    });
  }

  #receive(message: Message, from: Endpoint): void {
    if ('ping' in message) {
      void this.#send({ pong: message.ping, seenAs: from }, from);
      this.onPing(message.name, from);
    } else if ('pong' in message) this.#waiting.get(message.pong)?.(message.seenAs);
    else this.onNote(message.note);
  }
}
