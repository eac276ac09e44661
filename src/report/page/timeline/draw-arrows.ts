import { type Arrow, arrows } from './arrows.ts';
import { rowOf } from './rows.ts';
import { type Inks, middleOf, type Scene } from './scene.ts';

/** The size of an arrow's head, in pixels. */
const head = 5;

/** Draws the arrows between rows; those of messages are dashed. */
export function drawArrows(context: CanvasRenderingContext2D, { layout, scale }: Scene, inks: Inks): void {
  context.save();
  context.beginPath();
  context.rect(layout.left, layout.top, layout.width - layout.left, layout.height - layout.top);
  context.clip();
  context.strokeStyle = inks.link;
  context.fillStyle = inks.link;
  for (const arrow of arrows.value.drawn) {
    const [from, to] = [place(arrow.from), place(arrow.to)];
    if (from === undefined || to === undefined) continue;
    context.setLineDash(arrow.what === 'message' ? [3, 2] : []);
    drawArrow(context, from, to);
  }
  context.restore();

  function place({ instance, at }: Arrow['from']) {
    const row = rowOf.value.get(instance);
    return row === undefined ? undefined : { x: scale.x(at), y: middleOf(layout, row) };
  }
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function drawArrow(context: CanvasRenderingContext2D, from: Point, to: Point): void {
  const angle = Math.atan2(to.y - from.y, to.x - from.x);
  context.globalAlpha = 0.75;
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
  context.beginPath();
  context.moveTo(to.x, to.y);
  for (const side of [-0.45, 0.45])
    context.lineTo(to.x - head * Math.cos(angle + side), to.y - head * Math.sin(angle + side));
  context.closePath();
  context.fill();
}
