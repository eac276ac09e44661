/** Scrolls a box just far enough to show the range between two heights. @param room the visible height. */
export function reveal(box: HTMLElement, from: number, to: number, room: number): void {
  if (from < box.scrollTop) box.scrollTop = from;
  else if (to > box.scrollTop + room) box.scrollTop = to - room;
}
