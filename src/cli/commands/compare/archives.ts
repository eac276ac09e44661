import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeAtExit } from '../../../os/remove-at-exit.ts';
import { removeTree } from '../../../os/remove-tree.ts';
import { makeTempFolder } from '../../../os/temp-folder.ts';

/** Archives unpacked into a temporary folder, which is removed at the end. */
export class UnpackedArchives implements AsyncDisposable {
  #folder: Promise<string> | undefined;
  #atExit: Disposable | undefined;
  #count = 0;

  /** Replaces each archive in an argument by the folders of its runs. @param asked separated by commas. */
  async unpackIn(asked: string): Promise<string> {
    const names: string[] = [];
    for (const name of asked.split(',')) {
      const isFile = (await stat(name).catch(() => undefined))?.isFile() === true;
      names.push(...(isFile ? await this.#unpack(name) : [name]));
    }
    return names.join(',');
  }

  /** The same for each argument. */
  async unpackInAll(asked: readonly string[]): Promise<string[]> {
    const all: string[] = [];
    for (const each of asked) all.push(await this.unpackIn(each));
    return all;
  }

  async #unpack(file: string): Promise<readonly string[]> {
    const { unpackArchive } = await import('../../../outputs/unpack-archive.ts');
    this.#folder ??= makeTempFolder('archives');
    const folder = await this.#folder;
    this.#atExit ??= removeAtExit(folder);
    const into = join(folder, String(this.#count++));
    await mkdir(into);
    return await unpackArchive(file, into);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#folder === undefined) return;
    await removeTree(await this.#folder);
    this.#atExit?.[Symbol.dispose]();
  }
}
