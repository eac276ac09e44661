/** What was seen of a frame at a port, as its instance would see it. */
export interface Seen {
  /** The index of the port's device. */
  readonly link: number;
  readonly direction: 'received' | 'sent';
  readonly bytes: Uint8Array;
  /** What happened to it, as text, if it was not just forwarded. */
  readonly note: string | undefined;
}

/** What is noted of a frame that goes on; undefined if it is as it was sent. */
export function noteOn(isCopy: boolean, isCorrupted: boolean): string | undefined {
  const notes = [...(isCopy ? ['a duplicate'] : []), ...(isCorrupted ? ['a bit is flipped after this'] : [])];
  return notes.length === 0 ? undefined : notes.join('; ');
}

/** What is noted of a frame that is dropped, by the reason. */
export const dropNotes = {
  loss: 'dropped: loss',
  queue: 'dropped: the queue was full',
  room: 'dropped: the switch has no room',
} as const;
