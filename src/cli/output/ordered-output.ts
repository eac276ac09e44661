import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';

/** How long, in ms, lines are buffered so that they are printed in the order of their times. */
const maxDelayMs = 50;
/** The maximum number of buffered characters. */
const maxCharacters = 256 * 1024;

/** Renders a text when it is written, so that the printed times are in order. */
type Render = () => string;

interface BufferedText {
  readonly at: number;
  readonly render: Render;
}

/**
 * Buffers lines for a short time and writes them in the order of their times. Instances are read one after the
 * other, and their output would be hard to follow otherwise. The lines of one instance keep their order.
 */
export class OrderedOutput implements Disposable {
  readonly #write: (text: string) => void;
  readonly #lastOf = new Map<string, number>();
  #lines: BufferedText[] = [];
  #characters = 0;
  /** Whether the buffered lines are in order already, as most are, and the time of the newest. */
  #inOrder = true;
  #newest = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Adds a line of an instance. `at` is its time in ms since the run began, `characters` its approximate length. */
  addLine(instance: InstanceId, at: number, characters: number, render: Render): void {
    const tag = instanceTag(instance);
    const key = Math.max(at, this.#lastOf.get(tag) ?? 0);
    this.#lastOf.set(tag, key);
    if (key < this.#newest) this.#inOrder = false;
    else this.#newest = key;
    this.#lines.push({ at: key, render });
    this.#characters += characters;
    if (this.#characters > maxCharacters) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), maxDelayMs);
  }

  /** Adds a text that is not an instance's line; it follows everything buffered. */
  add(render: Render): void {
    this.flush();
    const text = render();
    if (text !== '') this.#write(text);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines.length === 0) return;
    const lines = this.#inOrder ? this.#lines : this.#lines.sort((a, b) => a.at - b.at);
    this.#lines = [];
    this.#inOrder = true;
    this.#newest = 0;
    this.#characters = 0;
    this.#lastOf.clear();
    const text = lines.map(({ render }) => render()).join('');
    if (text !== '') this.#write(text);
  }

  [Symbol.dispose](): void {
    this.flush();
  }
}
