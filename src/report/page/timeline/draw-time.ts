import { duration } from '../format.ts';
import { ticks } from '../metrics/scale.ts';
import type { Inks, Scene } from './scene.ts';

/** Draws the time axis and its grid. */
export function drawTime(
  context: CanvasRenderingContext2D,
  { layout: { width, height, top }, scale, span }: Pick<Scene, 'layout' | 'scale' | 'span'>,
  { ink, faint, paper }: Inks,
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

/** Draws the marked time, and the measured span with its length. */
export function drawCursors(
  context: CanvasRenderingContext2D,
  { layout, scale, moment, measured }: Scene,
  inks: Inks,
): void {
  const { height, top, left, width } = layout;
  const line = (ms: number, dash: number[]) => {
    const x = Math.round(scale.x(ms)) + 0.5;
    if (x < left || x > width) return;
    context.strokeStyle = inks.link;
    context.lineWidth = 1.5;
    context.setLineDash(dash);
    context.beginPath();
    context.moveTo(x, top - 6);
    context.lineTo(x, height);
    context.stroke();
    context.setLineDash([]);
    context.lineWidth = 1;
  };
  if (moment !== undefined) line(moment, []);
  if (measured !== undefined) line(measured, [5, 3]);
  if (moment === undefined || measured === undefined) return;
  const [from, to] = [moment, measured].map((ms) => Math.min(width, Math.max(left, scale.x(ms))));
  if (from === undefined || to === undefined) return;
  context.fillStyle = inks.range;
  context.fillRect(Math.min(from, to), top, Math.abs(to - from), height - top);
  label(context, duration(Math.abs(measured - moment)), (from + to) / 2, layout, inks);
}

function label(
  context: CanvasRenderingContext2D,
  text: string,
  middle: number,
  { top, left, width }: Scene['layout'],
  { ink, paper, link }: Inks,
): void {
  context.font = 'bold 12px system-ui';
  const half = context.measureText(text).width / 2 + 5;
  const x = Math.min(width - half, Math.max(left + half, middle));
  context.fillStyle = paper;
  context.fillRect(x - half, 2, 2 * half, top - 5);
  context.strokeStyle = link;
  context.strokeRect(x - half + 0.5, 2.5, 2 * half - 1, top - 6);
  context.fillStyle = ink;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(text, x, top / 2);
  context.textAlign = 'left';
}
