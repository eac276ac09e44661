import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';
import type { InstanceHandle } from '../../runners/runner.ts';
import type { Endpoint } from '../../sync/server/endpoint.ts';
import { type Deferred, deferred } from '../../util/deferred.ts';
import { messageOf } from '../../util/errors.ts';
import type { RunContext } from '../context.ts';
import { whenAborted } from '../stop.ts';
import type { InstanceRegistry, RunningInstance } from './instance-registry.ts';

/** What an instance needs to be started once more in its place. */
export interface LivesOptions {
  readonly run: Pick<RunContext, 'stop' | 'emit'>;
  readonly registry: InstanceRegistry;
  readonly instance: InstanceId;
  readonly endpoint: Endpoint;
  /** Starts it for the nth time after the first. */
  readonly startAgain: (restarts: number) => Promise<InstanceHandle>;
  /** Waits until nothing of a life that has ended is left: neither processes nor output that is not written. */
  readonly settle: (handle: InstanceHandle) => Promise<void>;
}

/** A time in which an instance is down. */
interface Downtime {
  /** Resolves when it may be started again. */
  readonly over: Deferred<void>;
  /** Resolves when it runs again. */
  readonly up: Deferred<void>;
}

/** The lives of an instance: a fault may take it down, and it is started again in the same place. */
export class Lives {
  readonly #options: LivesOptions;
  #current: RunningInstance;
  #down: Downtime | undefined;
  #restarts = 0;

  constructor(options: LivesOptions, first: InstanceHandle) {
    this.#options = options;
    this.#current = this.#begin(first);
  }

  /** What it runs as now, or has run as last. */
  get handle(): InstanceHandle {
    return this.#current.handle;
  }

  #begin(handle: InstanceHandle): RunningInstance {
    const { instance, endpoint, registry } = this.#options;
    const one = { instance, endpoint, handle, takeDown: () => this.#takeDown() };
    registry.add(one);
    return one;
  }

  /** Kills it. @returns a function that starts it again. @throws Error if it is down. */
  #takeDown(): () => Promise<void> {
    if (this.#down !== undefined) throw new Error(`${this.#tag} is being restarted`);
    const down = { over: deferred<void>(), up: deferred<void>() };
    this.#down = down;
    this.handle.kill();
    return async () => {
      down.over.resolve();
      await down.up.promise;
    };
  }

  get #tag(): string {
    return instanceTag(this.#options.instance);
  }

  /**
   * Waits until it has ended for good.
   * @param wait waits for the end of one life.
   * @param endDown what the end is if the run was ended while it was down.
   * @returns how its last life ended.
   */
  async lastEnd<End>(
    wait: (handle: InstanceHandle) => Promise<End>,
    endDown: (end: End) => End,
  ): Promise<End> {
    for (;;) {
      const end = await wait(this.handle);
      this.#options.registry.ended(this.#current);
      const down = this.#down;
      if (down === undefined) return end;
      if (!(await this.#comesBack(down))) return endDown(end);
    }
  }

  /** @returns whether it runs again. */
  async #comesBack({ over, up }: Downtime): Promise<boolean> {
    const { run, settle, startAgain } = this.#options;
    await settle(this.handle);
    const stopped = deferred<void>();
    whenAborted(run.stop, stopped.resolve);
    await Promise.race([over.promise, stopped.promise]);
    try {
      if (run.stop.aborted) throw new Error('the run was ended before');
      const restarts = ++this.#restarts;
      this.#current = this.#begin(await startAgain(restarts));
      this.#down = undefined;
      run.emit({
        type: 'instance-restarted',
        instance: this.#options.instance,
        ref: this.handle.ref,
        restarts,
      });
      up.resolve();
      return true;
    } catch (error) {
      up.reject(new Error(`${this.#tag} was not started again: ${messageOf(error)}`));
      return false;
    }
  }
}
