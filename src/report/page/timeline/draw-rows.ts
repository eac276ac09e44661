import { report, tagOf } from '../state.ts';
import { drawArrows } from './draw-arrows.ts';
import { drawBar } from './draw-bar.ts';
import { drawFold } from './draw-fold.ts';
import { drawCursors, drawTime } from './draw-time.ts';
import type { Row } from './rows.ts';
import { type Inks, inksOfPage, type Layout, type Scene } from './scene.ts';

/** Draws the visible rows. */
export function drawRows(context: CanvasRenderingContext2D, scene: Scene): void {
  const { layout, scale, rows, marked, range } = scene;
  const { width, height, row, left, top, scrolled } = layout;
  const inks = inksOfPage();
  context.clearRect(0, 0, width, height);
  context.save();
  context.beginPath();
  context.rect(0, top, width, height - top);
  context.clip();
  const first = Math.max(0, Math.floor(scrolled / row));
  const last = Math.min(rows.length, Math.ceil((scrolled + height - top) / row));
  for (let place = first; place < last; place++) {
    const its = rows[place];
    if (its === undefined) continue;
    const y = top + place * row - scrolled;
    if (isIn(its, marked)) {
      context.fillStyle = inks.chosen;
      context.fillRect(0, y, width, row);
    }
    if (its.fold === undefined) drawBar(context, its, y, scene, inks);
    else drawFold(context, its, its.fold, y, scene);
    if (row >= 11) drawName(context, nameOf(its), y, layout, inks);
  }
  if (row < 11) drawSomeNames(context, scene, inks);
  drawArrows(context, scene, inks);
  if (range !== undefined) {
    context.fillStyle = inks.range;
    context.fillRect(scale.x(range.from), top, scale.x(range.to) - scale.x(range.from), height - top);
  }
  context.restore();
  drawTime(context, scene, inks);
  context.strokeStyle = inks.faint;
  context.strokeRect(left - 0.5, top - 0.5, width - left, height - top);
  drawCursors(context, scene, inks);
}

function isIn({ instance, fold }: Row, marked: number | undefined): boolean {
  if (marked === undefined) return false;
  return fold === undefined ? instance === marked : fold.instances.includes(marked);
}

/** `single[003]`, or `single (50)` for a folded group. */
function nameOf({ instance, fold }: Row): string {
  if (fold === undefined) return tagOf(instance);
  return `${report.value.groups[fold.group]?.id ?? '?'} (${fold.instances.length})`;
}

function drawName(
  context: CanvasRenderingContext2D,
  name: string,
  y: number,
  { row, left }: Layout,
  { ink }: Inks,
): void {
  context.fillStyle = ink;
  context.font = `${Math.min(12, row - 2)}px ui-monospace, monospace`;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  context.fillText(fitted(context, name, left - 8), left - 6, y + row / 2 - 1);
  context.textAlign = 'left';
}

/** Shortens a name: the end of the group is cut off, never the number. */
function fitted(context: CanvasRenderingContext2D, name: string, width: number): string {
  if (context.measureText(name).width <= width) return name;
  const [, group = '', number = ''] = /^(.*)(\[\d+\]| \(\d+\))$/.exec(name) ?? [];
  const characters = Math.floor((group.length * width) / context.measureText(name).width) - number.length;
  return `${group.slice(0, Math.max(1, characters))}…${number}`;
}

/** Draws names where rows are too low for all: those of the first instance of each group, and of every 50th. */
function drawSomeNames(context: CanvasRenderingContext2D, { layout, rows }: Scene, inks: Inks): void {
  const { row, top, scrolled, left } = layout;
  for (const [place, its] of rows.entries()) {
    if (its.fold === undefined && (report.value.instances[its.instance]?.index ?? 1) % 50 !== 0) continue;
    const y = top + place * row - scrolled;
    // The first name has no room above it.
    drawName(context, nameOf(its), y + row / 2 - (place === 0 ? 0 : 7), { ...layout, row: 14 }, inks);
    context.fillStyle = inks.faint;
    context.fillRect(left - 5, y, 5, 1);
  }
}
