import koffi from 'koffi';
import { SystemCallError } from './libc.ts';

/** A piece of memory outside of JavaScript, at a fixed address, of which only what is used takes room. */
export interface MappedMemory {
  readonly bytes: Uint8Array;
  readonly address: bigint;
}

const library = koffi.load(null);
const mmap = library.func('void *mmap(void *, size_t, int, int, int, long)') as (
  ...values: readonly (number | null)[]
) => unknown;

/** Maps memory that is kept until the process ends. */
export function mapMemory(length: number): MappedMemory {
  const [readAndWrite, privateAndAnonymous] = [0x3, 0x22];
  const pointer = mmap(null, length, readAndWrite, privateAndAnonymous, -1, 0);
  const address = koffi.address(pointer);
  if (address === 0xffff_ffff_ffff_ffffn || address === 0n) throw new SystemCallError('mmap', koffi.errno());
  return { address, bytes: new Uint8Array(koffi.view(pointer, length)) };
}
