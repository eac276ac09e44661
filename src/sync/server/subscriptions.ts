import type { Following } from '../store.ts';
import { deliveryOf } from './deliveries.ts';
import type { RequestId } from './frames.ts';
import type { Outbox } from './outbox.ts';

/** The subscriptions of one client: each holds its place in a topic, and takes from there what the client has read for. */
export class Subscriptions {
  readonly #open = new Map<RequestId, Following>();

  /** @returns what ends it. */
  add(id: RequestId, following: Following): () => void {
    this.#open.set(id, following);
    return () => {
      following.end();
      if (this.#open.get(id) === following) this.#open.delete(id);
    };
  }

  /**
   * Sends what there is to take, one batch of each in turn.
   * @param most no more is added while more bytes than these wait.
   */
  deliver(outbox: Outbox, most: number): void {
    let open = [...this.#open];
    while (open.length > 0) {
      open = open.filter(([id, following]) => {
        if (outbox.waiting >= most) return false;
        const batch = following.take();
        if (batch.length > 0) outbox.addShared(deliveryOf(batch, id));
        return batch.length > 0;
      });
    }
  }
}
