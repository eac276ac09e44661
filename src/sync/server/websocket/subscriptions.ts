import type { Following } from '../../store.ts';
import { deliveryOf } from './deliveries.ts';
import type { RequestId } from './frames.ts';
import type { Outbox } from './outbox.ts';

/**
 * The subscriptions of one client. Each keeps its position in a topic and takes messages as fast as the client reads.
 */
export class Subscriptions {
  readonly #open = new Map<RequestId, Following>();

  /** @returns a function that ends the subscription. */
  add(id: RequestId, following: Following): () => void {
    this.#open.set(id, following);
    return () => {
      following.end();
      if (this.#open.get(id) === following) this.#open.delete(id);
    };
  }

  /**
   * Sends available messages, one batch of each subscription in turn.
   * @param max stops while more bytes than this wait.
   */
  deliver(outbox: Outbox, max: number): void {
    let open = [...this.#open];
    while (open.length > 0) {
      open = open.filter(([id, following]) => {
        if (outbox.waiting >= max) return false;
        const batch = following.take();
        if (batch.length > 0) outbox.addShared(deliveryOf(batch, id));
        return batch.length > 0;
      });
    }
  }
}
