import type { Following } from '../../store.ts';
import { deliveryOf } from './deliveries.ts';
import type { RequestId } from './frames.ts';
import type { Outbox } from './outbox.ts';

interface Subscription {
  readonly following: Following;
  readonly onSent: (seq: number, count: number) => void;
  /** How many messages have been sent to the client. */
  sent: number;
}

/**
 * The subscriptions of one client. Each keeps its position in a topic and takes messages as fast as the client reads.
 */
export class Subscriptions {
  readonly #open = new Map<RequestId, Subscription>();

  /**
   * @param onSent is called with the number of the first message of each batch, from 1, and how many it has.
   * @returns a function that ends the subscription.
   */
  add(id: RequestId, following: Following, onSent: Subscription['onSent']): () => void {
    const subscription = { following, onSent, sent: 0 };
    this.#open.set(id, subscription);
    return () => {
      following.end();
      if (this.#open.get(id) === subscription) this.#open.delete(id);
    };
  }

  /**
   * Sends available messages, one batch of each subscription in turn.
   * @param max stops while more bytes than this wait.
   */
  deliver(outbox: Outbox, max: number): void {
    let open = [...this.#open];
    while (open.length > 0) {
      open = open.filter(([id, subscription]) => {
        if (outbox.waiting >= max) return false;
        const batch = subscription.following.take();
        if (batch.length === 0) return false;
        outbox.addShared(deliveryOf(batch, id));
        subscription.onSent(subscription.sent + 1, batch.length);
        subscription.sent += batch.length;
        return true;
      });
    }
  }
}
