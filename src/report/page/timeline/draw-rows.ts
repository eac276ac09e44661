import { type Scale, ticks } from '../metrics/scale.ts';
import { isTrouble, outcomes } from '../palette.ts';
import { report, type Span, tagOf, tookMs } from '../state.ts';
import { pageColour } from '../theme.ts';
import type { Row } from './rows.ts';
import { stageColour } from './stages.ts';

/** The layout of the timeline, in pixels. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** The height of a row. */
  readonly row: number;
  /** The space for names on the left and for the time axis at the top. */
  readonly left: number;
  readonly top: number;
  /** The scroll offset of the rows. */
  readonly scrolled: number;
}

interface Scene {
  readonly layout: Layout;
  readonly scale: Scale;
  readonly span: Span;
  readonly rows: readonly Row[];
  readonly chosen: number | undefined;
  /** The range being selected with the pointer. */
  readonly range: Span | undefined;
}

/** Draws the visible rows. */
export function drawRows(context: CanvasRenderingContext2D, scene: Scene): void {
  const { layout, scale, rows, span, chosen, range } = scene;
  const { width, height, row, left, top, scrolled } = layout;
  const [ink, faint, paper] = [pageColour('--ink'), pageColour('--faint'), pageColour('--paper')];
  context.clearRect(0, 0, width, height);
  const hatch = hatchOf(context, ink);
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
    if (its.instance === chosen) {
      context.fillStyle = pageColour('--chosen');
      context.fillRect(0, y, width, row);
    }
    drawRow(context, its, y, { ...scene, hatch, ink });
    if (row >= 11) drawName(context, its.instance, y, layout, ink);
  }
  if (row < 11) drawGroups(context, scene, ink);
  if (range !== undefined) {
    context.fillStyle = pageColour('--range');
    context.fillRect(scale.x(range.from), top, scale.x(range.to) - scale.x(range.from), height - top);
  }
  context.restore();
  drawTime(context, { layout, scale, span }, { ink, faint, paper });
  context.strokeStyle = faint;
  context.strokeRect(left - 0.5, top - 0.5, width - left, height - top);
}

function drawRow(
  context: CanvasRenderingContext2D,
  { instance, stages, waits, marks }: Row,
  y: number,
  {
    layout: { row, left, width },
    scale,
    hatch,
    ink,
  }: Pick<Scene, 'layout' | 'scale'> & { readonly hatch: CanvasPattern | string; readonly ink: string },
): void {
  const { instances } = report.value;
  const its = instances[instance];
  if (its?.from === null || its === undefined) return;
  const { colour, sign } = outcomes[its.outcome];
  const bar = Math.max(1, row - Math.max(1, row * 0.25));
  const now = tookMs.value;
  const fill = (from: number, to: number | null, top: number, height: number) => {
    const start = Math.max(left, scale.x(from));
    const end = Math.min(width, scale.x(to ?? now));
    if (end >= left && start <= width) context.fillRect(start, y + top, Math.max(0.75, end - start), height);
  };
  // Failures are darker, for readers who see colours less well.
  context.globalAlpha = isTrouble(its.outcome) ? 1 : 0.5;
  context.fillStyle = colour;
  fill(its.from, its.to, 0, bar);
  context.globalAlpha = 0.9;
  for (const stage of stages) {
    context.fillStyle = stageColour(stage.name);
    fill(stage.from, stage.to, bar * 0.68, Math.max(1, bar * 0.32));
  }
  context.globalAlpha = 1;
  context.fillStyle = hatch;
  for (const wait of waits) fill(wait.from, wait.to, 0, bar * 0.68);
  context.fillStyle = ink;
  for (const { at, kind } of marks) {
    const x = scale.x(at);
    if (x < left || x > width) continue;
    if (kind === 'message') context.fillRect(x, y, 1, bar * 0.45);
    else drawTrouble(context, x, y + bar / 2, Math.max(3, Math.min(6, row / 2)));
  }
  if (its.to === null) return;
  const end = scale.x(its.to);
  if (end < left || end > width) return;
  if (row < 9) {
    if (its.outcome !== 'success') drawSign(context, sign, colour, { x: end, y: y + bar / 2 });
    return;
  }
  if (end > width - 12) return;
  context.fillStyle = colour;
  context.font = `bold ${Math.min(12, row - 1)}px system-ui`;
  context.textBaseline = 'middle';
  context.fillText(sign, end + 3, y + bar / 2);
}

/** Draws a sign. It is higher than a low row, since few rows have one. */
function drawSign(
  context: CanvasRenderingContext2D,
  sign: string,
  colour: string,
  { x, y }: { readonly x: number; readonly y: number },
): void {
  context.font = 'bold 12px system-ui';
  context.textBaseline = 'middle';
  context.lineWidth = 3;
  context.strokeStyle = pageColour('--paper');
  context.strokeText(sign, x - 4, y);
  context.fillStyle = colour;
  context.fillText(sign, x - 4, y);
  context.lineWidth = 1;
}

/** Draws a diamond, a shape that no other sign has. */
function drawTrouble(context: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  context.save();
  context.fillStyle = outcomes.failed.colour;
  context.strokeStyle = pageColour('--ink');
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size, y);
  context.lineTo(x, y + size);
  context.lineTo(x - size, y);
  context.closePath();
  context.fill();
  context.stroke();
  context.restore();
}

function drawName(
  context: CanvasRenderingContext2D,
  instance: number,
  y: number,
  { row, left }: Layout,
  ink: string,
): void {
  context.fillStyle = ink;
  context.font = `${Math.min(12, row - 2)}px ui-monospace, monospace`;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  context.fillText(fitted(context, tagOf(instance), left - 8), left - 6, y + row / 2 - 1);
  context.textAlign = 'left';
}

/** Shortens a name: the end of the group is cut off, never the number. */
function fitted(context: CanvasRenderingContext2D, tag: string, width: number): string {
  if (context.measureText(tag).width <= width) return tag;
  const [, group = '', number = ''] = /^(.*)(\[\d+\])$/.exec(tag) ?? [];
  const characters = Math.floor((group.length * width) / context.measureText(tag).width) - number.length;
  return `${group.slice(0, Math.max(1, characters))}…${number}`;
}

/** Draws names where rows are too low for all: those of the first instance of each group, and of every 50th. */
function drawGroups(context: CanvasRenderingContext2D, { layout, rows }: Scene, ink: string): void {
  const { row, top, scrolled, left } = layout;
  for (const [place, { instance }] of rows.entries()) {
    const its = report.value.instances[instance];
    if (its === undefined || its.index % 50 !== 0) continue;
    const y = top + place * row - scrolled;
    // The first name has no room above it.
    drawName(context, instance, y + row / 2 - (place === 0 ? 0 : 7), { ...layout, row: 14 }, ink);
    context.fillStyle = pageColour('--faint');
    context.fillRect(left - 5, y, 5, 1);
  }
}

function drawTime(
  context: CanvasRenderingContext2D,
  { layout: { width, height, top }, scale, span }: Pick<Scene, 'layout' | 'scale' | 'span'>,
  { ink, faint, paper }: { readonly ink: string; readonly faint: string; readonly paper: string },
): void {
  context.fillStyle = paper;
  context.fillRect(0, 0, width, top);
  context.font = '12px system-ui';
  context.textBaseline = 'middle';
  const { at, words } = ticks(span, scale);
  for (const ms of at) {
    const x = Math.round(scale.x(ms)) + 0.5;
    context.fillStyle = faint;
    context.fillRect(x, top - 4, 1, height - top + 4);
    context.fillStyle = ink;
    context.fillText(words(ms), Math.min(x + 3, width - 44), top / 2);
  }
}

let hatched: { readonly ink: string; readonly pattern: CanvasPattern | string } | undefined;

/** The hatch pattern of waits. */
function hatchOf(context: CanvasRenderingContext2D, ink: string): CanvasPattern | string {
  if (hatched?.ink === ink) return hatched.pattern;
  const tile = document.createElement('canvas');
  tile.width = tile.height = 6;
  const draw = tile.getContext('2d');
  if (draw !== null) {
    draw.strokeStyle = ink;
    draw.globalAlpha = 0.75;
    draw.lineWidth = 1.2;
    for (const shift of [-6, 0, 6]) {
      draw.moveTo(shift, 6);
      draw.lineTo(shift + 6, 0);
    }
    draw.stroke();
  }
  hatched = { ink, pattern: context.createPattern(tile, 'repeat') ?? ink };
  return hatched.pattern;
}
