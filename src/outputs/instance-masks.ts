import { join } from 'node:path';
import { instanceDirOf } from './layout.ts';
import type { Mask } from './mask.ts';
import { maskFromOutput, secretNamesOf } from './secrets.ts';

/** The masks for what the instances of a run said, by another tg than the one that carries it out. */
export class InstanceMasks {
  readonly #runDir: string;
  readonly #names: ReadonlyMap<string, readonly string[]>;
  #last: { readonly dir: string; readonly mask: Mask } | undefined;

  constructor(runDir: string) {
    this.#runDir = runDir;
    this.#names = secretNamesOf(runDir);
  }

  /** For a file below the run's folder; undefined where there is nothing to mask. */
  async of(path: string): Promise<Mask | undefined> {
    const [group = '', index = ''] = path.split('/');
    return await this.#in(group, join(this.#runDir, group, index));
  }

  /** The same for an instance. */
  async ofInstance(group: string, index: number): Promise<Mask | undefined> {
    return await this.#in(group, instanceDirOf(this.#runDir, group, index));
  }

  async #in(group: string, dir: string): Promise<Mask | undefined> {
    const names = this.#names.get(group);
    if (names === undefined) return undefined;
    // Files of one instance come one after the other.
    // An empty one may be so because nothing was said yet.
    if (this.#last?.dir !== dir || this.#last.mask.isEmpty)
      this.#last = { dir, mask: await maskFromOutput(dir, names) };
    return this.#last.mask.isEmpty ? undefined : this.#last.mask;
  }
}
