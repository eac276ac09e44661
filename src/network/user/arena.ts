/** The size of the header that describes the checksum and the segments of a frame. @see struct virtio_net_hdr */
export const vnetHeader = 10;

/** Memory for frames, at a fixed address that the kernel writes to and reads from. */
export interface Memory {
  readonly bytes: Uint8Array;
  readonly address: bigint;
}

const small = 2_048;
const large = 66 * 1_024;

/** How many frames of each size fit. */
export interface Room {
  readonly small: number;
  readonly large: number;
}

/** The number of bytes of an arena. */
export function arenaBytes(room: Room): number {
  return room.small * small + room.large * large;
}

/**
 * Places for frames in one piece of memory: many for usual frames, and some for those that stand for many, which a
 * sender leaves to its network device to split.
 */
export class Arena {
  readonly memory: Memory;
  readonly #room: Room;
  readonly #free: { readonly small: number[]; readonly large: number[] };

  constructor(memory: Memory, room: Room) {
    this.memory = memory;
    this.#room = room;
    const from = (first: number, count: number) =>
      Array.from({ length: count }, (_, at) => first + count - 1 - at);
    this.#free = { small: from(0, room.small), large: from(room.small, room.large) };
  }

  /** The number of places, whose numbers begin with 0. */
  get places(): number {
    return this.#room.small + this.#room.large;
  }

  /** Takes a place for a frame. @returns its number; undefined if none is free. */
  take(bytes: number): number | undefined {
    if (bytes > large) return undefined;
    return bytes <= small ? (this.#free.small.pop() ?? this.#free.large.pop()) : this.#free.large.pop();
  }

  release(place: number): void {
    (place < this.#room.small ? this.#free.small : this.#free.large).push(place);
  }

  /** Where a place begins in the memory. */
  offsetOf(place: number): number {
    const { small: count } = this.#room;
    return place < count ? place * small : count * small + (place - count) * large;
  }
}

/** The size of a small place. */
export const smallPlace = small;
