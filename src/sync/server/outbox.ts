import type { Socket } from 'node:net';

/** Who fills an outbox. */
interface Sender {
  /** Called at the end of a turn in which `wake` was called, before what was added is sent. */
  onTurn(): void;
  /** Called at the end of each turn, when what was added has been sent, or waits for the client to read. */
  onSent(): void;
}

/** The outboxes that have something to do at the end of this turn of the event loop. */
let due: Outbox[] = [];

function endOfTurn(): void {
  const outboxes = due;
  due = [];
  for (const outbox of outboxes) outbox.turn();
}

/** What is to be sent to one client: the answers of one turn of the event loop leave together. */
export class Outbox {
  readonly #stream: Socket;
  readonly #sender: Sender;
  #answers = '';
  #due = false;
  #woken = false;

  constructor(stream: Socket, sender: Sender) {
    this.#stream = stream;
    this.#sender = sender;
    // The client has taken what had to wait for it.
    stream.on('drain', () => this.wake());
  }

  /** How many bytes wait for the client to read. */
  get waiting(): number {
    return this.#stream.writableLength + this.#answers.length;
  }

  /** @param frame bytes as characters, as textFrame has them. */
  add(frame: string): void {
    this.#answers += frame;
    this.#schedule();
  }

  /** Sends bytes that others may be sent too: they are not copied while they wait. */
  addShared(bytes: Buffer): void {
    this.#sendAnswers();
    if (this.#stream.writable) this.#stream.write(bytes);
  }

  /** There may be more to add at the end of this turn. */
  wake(): void {
    this.#woken = true;
    this.#schedule();
  }

  /** The end of a turn. */
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
