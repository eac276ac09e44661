import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEnv } from 'testground-tg/sdk';
import { isNewer, serve, type Version } from './wire.ts';

/** One copy of the register. */
export class Replica {
  readonly #runenv: RunEnv;
  readonly #delay: number;
  #version: Version = { number: 0, client: 0, value: null };
  #isSilent = false;

  constructor(runenv: RunEnv) {
    this.#runenv = runenv;
    this.#delay = runenv.durationParam('delay');
  }

  /** Its current version. */
  get version(): Version {
    return this.#version;
  }

  take(version: Version): void {
    if (isNewer(version, this.#version)) this.#version = version;
  }

  /** Stops answering, as if it had crashed. */
  fallSilent(): void {
    this.#isSilent = true;
    this.#runenv.recordMessage('this replica no longer answers');
  }

  /** Answers requests. @returns its port, and a function that closes it. */
  serve(): ReturnType<typeof serve> {
    return serve((request, answer) => {
      void sleep(this.#runenv.random.next() * this.#delay).then(() => {
        if (this.#isSilent) return;
        if (request.ask === 'write') this.take(request.version);
        answer({ id: request.id, version: this.#version });
      });
    });
  }
}
