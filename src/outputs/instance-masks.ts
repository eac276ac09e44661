import { join } from 'node:path';
import { instanceDirOf } from './layout.ts';
import type { Mask } from './mask.ts';
import { maskFromOutput, secretNamesOf } from './mask-outputs.ts';

/** The masks for the output of a run's instances, in a tg process other than the one that owns the run. */
export class InstanceMasks {
  readonly #runDir: string;
  readonly #names: ReadonlyMap<string, readonly string[]>;
  #last: { readonly dir: string; readonly mask: Mask } | undefined;

  constructor(runDir: string) {
    this.#runDir = runDir;
    this.#names = secretNamesOf(runDir);
  }

  /** The mask for a file below the run's folder; undefined if there is nothing to mask. */
  async of(path: string): Promise<Mask | undefined> {
    const [group = '', index = ''] = path.split('/');
    return await this.#in(group, join(this.#runDir, group, index));
  }

  /** The mask for an instance; undefined if there is nothing to mask. */
  async ofInstance(group: string, index: number): Promise<Mask | undefined> {
    return await this.#in(group, instanceDirOf(this.#runDir, group, index));
  }

  async #in(group: string, dir: string): Promise<Mask | undefined> {
    const names = this.#names.get(group);
    if (names === undefined) return undefined;
    // The files of one instance come in sequence. An empty mask is not cached: the instance may not have written
    // anything yet.
    if (this.#last?.dir !== dir || this.#last.mask.isEmpty)
      this.#last = { dir, mask: await maskFromOutput(dir, names) };
    return this.#last.mask.isEmpty ? undefined : this.#last.mask;
  }
}
