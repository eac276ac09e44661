/** Scrolls a box no farther than it takes to see what lies between two heights in it. @param room how much of it is seen at once. */
export function reveal(box: HTMLElement, from: number, to: number, room: number): void {
  if (from < box.scrollTop) box.scrollTop = from;
  else if (to > box.scrollTop + room) box.scrollTop = to - room;
}
