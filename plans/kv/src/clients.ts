import type { Replica } from './replica.ts';
import { isNewer, type Link, type Request, type Version } from './wire.ts';

/** How a client reads and writes the register. */
export interface Register {
  read(): Promise<string | null>;
  write(value: string): Promise<void>;
}

type Question = { readonly ask: 'read' } | { readonly ask: 'write'; readonly version: Version };

/**
 * A register that is linearizable while more than half of the replicas answer: a read writes its value back before it
 * returns it (Attiya, Bar-Noy and Dolev, "Sharing memory robustly in message-passing systems", 1995).
 */
export class QuorumRegister implements Register {
  readonly #client: number;
  readonly #links: readonly Link[];
  #ids = 0;

  constructor(client: number, links: readonly Link[]) {
    this.#client = client;
    this.#links = links;
  }

  async read(): Promise<string | null> {
    const version = await this.#newest();
    await this.#ask({ ask: 'write', version });
    return version.value;
  }

  async write(value: string): Promise<void> {
    const { number } = await this.#newest();
    await this.#ask({ ask: 'write', version: { number: number + 1, client: this.#client, value } });
  }

  async #newest(): Promise<Version> {
    const versions = await this.#ask({ ask: 'read' });
    return versions.reduce((newest, version) => (isNewer(version, newest) ? version : newest));
  }

  /** Asks all replicas. @returns the answers of the first majority. */
  #ask(question: Question): Promise<Version[]> {
    const request: Request = { id: ++this.#ids, ...question };
    const majority = Math.floor(this.#links.length / 2) + 1;
    const versions: Version[] = [];
    return new Promise((resolve) => {
      for (const link of this.#links) {
        void link.ask(request).then(({ version }) => {
          versions.push(version);
          if (versions.length === majority) resolve(versions);
        });
      }
    });
  }
}

/** A register that is fast and wrong: it reads only the instance's own replica, and a write waits for no other. */
export class LocalRegister implements Register {
  readonly #client: number;
  readonly #replica: Replica;
  readonly #links: readonly Link[];
  #ids = 0;

  constructor(client: number, replica: Replica, links: readonly Link[]) {
    this.#client = client;
    this.#replica = replica;
    this.#links = links;
  }

  async read(): Promise<string | null> {
    return this.#replica.version.value;
  }

  async write(value: string): Promise<void> {
    const version = { number: this.#replica.version.number + 1, client: this.#client, value };
    this.#replica.take(version);
    for (const link of this.#links) void link.ask({ id: ++this.#ids, ask: 'write', version });
  }
}
