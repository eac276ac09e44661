import type { Socket } from 'node:net';

/** Fills an outbox. */
interface Sender {
  /** Called at the end of a turn in which `wake` was called, before the outbox is flushed. */
  onTurn(): void;
  /** Called at the end of each turn, after the outbox was flushed to the stream. */
  onSent(): void;
}

/** Outboxes to process at the end of this turn of the event loop. */
let due: Outbox[] = [];

function endOfTurn(): void {
  const outboxes = due;
  due = [];
  for (const outbox of outboxes) outbox.turn();
}

/** Output for one client. It batches the responses of one turn of the event loop into one write. */
export class Outbox {
  readonly #stream: Socket;
  readonly #sender: Sender;
  #answers = '';
  #due = false;
  #woken = false;

  constructor(stream: Socket, sender: Sender) {
    this.#stream = stream;
    this.#sender = sender;
    // The client has read its backlog.
    stream.on('drain', () => this.wake());
  }

  /** The number of bytes that wait for the client to read. */
  get waiting(): number {
    return this.#stream.writableLength + this.#answers.length;
  }

  /** @param frame bytes as characters, as returned by textFrame. */
  add(frame: string): void {
    this.#answers += frame;
    this.#schedule();
  }

  /** Sends bytes that are shared between clients; they are not copied while they wait. */
  addShared(bytes: Buffer): void {
    this.#sendAnswers();
    if (this.#stream.writable) this.#stream.write(bytes);
  }

  /** Schedules a turn: there may be more to add at the end of this turn of the event loop. */
  wake(): void {
    this.#woken = true;
    this.#schedule();
  }

  /** Runs at the end of a turn of the event loop. */
  turn(): void {
    this.#due = false;
    if (this.#woken) {
      this.#woken = false;
      this.#sender.onTurn();
    }
    this.#sendAnswers();
    this.#sender.onSent();
  }

  #schedule(): void {
    if (this.#due) return;
    this.#due = true;
    if (due.push(this) === 1) setImmediate(endOfTurn);
  }

  #sendAnswers(): void {
    if (this.#answers === '') return;
    const answers = this.#answers;
    this.#answers = '';
    if (this.#stream.writable) this.#stream.write(answers, 'latin1');
  }
}
