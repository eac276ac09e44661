import { type InstanceId, instanceTag } from '../../run/instance/instance-id.ts';

/** Lines are gathered so long, in ms, to be shown in the order in which they were said. */
const frameMs = 50;
/** More text than this is not gathered. */
const frameCharacters = 256 * 1024;

/** Renders a text when it is written: the times in it are in the order in which they are printed. */
type Render = () => string;

interface Gathered {
  readonly at: number;
  readonly render: Render;
}

/**
 * Gathers the lines of a moment and writes them at once, in the order of their times: instances are read one after
 * the other, and a story told by several would otherwise be hard to follow. One instance's lines keep their order.
 */
export class Frame implements Disposable {
  readonly #write: (text: string) => void;
  readonly #lastOf = new Map<string, number>();
  #lines: Gathered[] = [];
  #characters = 0;
  /** Whether they are gathered in the order of their times, as most are; the time of the newest. */
  #inOrder = true;
  #newest = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Adds a line of an instance, said `at` so many ms after the run began, of about so many characters. */
  addLine(instance: InstanceId, at: number, characters: number, render: Render): void {
    const tag = instanceTag(instance);
    const key = Math.max(at, this.#lastOf.get(tag) ?? 0);
    this.#lastOf.set(tag, key);
    if (key < this.#newest) this.#inOrder = false;
    else this.#newest = key;
    this.#lines.push({ at: key, render });
    this.#characters += characters;
    if (this.#characters > frameCharacters) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), frameMs);
  }

  /** Adds what is no line of an instance: it comes after all that was gathered. */
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
