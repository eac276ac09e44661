import { faultColour, isTrouble, outcomes } from '../palette.ts';
import { type Shape, type SignName, signs } from '../signs.ts';
import { report, tookMs } from '../state.ts';
import { networkColours, shapeText } from './networks.ts';
import type { Row } from './rows.ts';
import { barOf, type Inks, type Scene } from './scene.ts';
import { stageColour } from './stages.ts';

/** The height of a sign, in pixels, where rows are high and where they are low. */
const signSizes = { inRow: 11, overRows: 10 } as const;

/** Draws what one instance did: start-up, run, stages, waits, its network, marks and outcome. */
export function drawBar(
  context: CanvasRenderingContext2D,
  { instance, stages, waits, networks, faults, marks }: Row,
  y: number,
  { layout: { row, left, width }, scale }: Pick<Scene, 'layout' | 'scale'>,
  inks: Inks,
): void {
  const its = report.value.instances[instance];
  if (its?.from === null || its === undefined) return;
  const { colour, sign } = outcomes[its.outcome];
  const bar = barOf(row);
  const now = tookMs.value;
  const fill = (from: number, to: number | null, top: number, height: number) => {
    const start = Math.max(left, scale.x(from));
    const end = Math.min(width, scale.x(to ?? now));
    if (end >= left && start <= width) context.fillRect(start, y + top, Math.max(0.75, end - start), height);
  };
  const begun = Math.min(its.ready ?? its.from, its.to ?? now);
  if (begun > its.from) {
    context.fillStyle = inks.quiet;
    fill(its.from, begun, bar / 2 - 0.5, 1);
    fill(its.from, its.from, 0, bar);
  }
  // Failures are darker, for readers who see colours less well.
  context.globalAlpha = isTrouble(its.outcome) ? 1 : 0.5;
  context.fillStyle = colour;
  fill(begun, its.to, 0, bar);
  context.globalAlpha = 0.9;
  for (const stage of stages) {
    context.fillStyle = stageColour(stage.name);
    fill(stage.from, stage.to, bar * 0.68, Math.max(1, bar * 0.32));
  }
  context.globalAlpha = 1;
  for (const network of networks) {
    const colour = networkColours.value.get(shapeText(network));
    context.fillStyle = colour ?? inks.quiet;
    // A lane of its own below the bar.
    if (colour !== undefined) fill(network.from, network.to, bar + (row - bar) * 0.1, (row - bar) * 0.5);
    if (network.notApplied.length > 0) fill(network.from, network.from, bar, row - bar);
  }
  context.fillStyle = hatchOf(context, inks.ink);
  for (const wait of waits) fill(wait.from, wait.to, 0, bar * 0.68);
  context.fillStyle = inks.ink;
  for (const { at, kind } of marks) {
    const x = scale.x(at);
    if (x < left || x > width) continue;
    if (kind === 'message') context.fillRect(x, y, 1, bar * 0.45);
    else drawTrouble(context, x, y + bar / 2, Math.max(3, Math.min(6, row / 2)), inks);
  }
  for (const { from, to } of faults) {
    const x = scale.x(from);
    context.fillStyle = faultColour;
    context.globalAlpha = 0.35;
    if (to !== from) fill(from, to, 0, row);
    context.globalAlpha = 1;
    if (x >= left && x <= width) drawSign(context, 'bolt', { x, y: y + bar / 2 }, signSizes.inRow, inks);
  }
  if (its.to === null) return;
  const end = scale.x(its.to);
  if (end < left || end > width) return;
  if (row < 9) {
    // It is higher than a low row, since few rows have one.
    if (its.outcome !== 'success')
      drawSign(context, sign, { x: end, y: y + bar / 2 }, signSizes.overRows, inks);
  } else if (end <= width - 14)
    drawSign(context, sign, { x: end + 8, y: y + bar / 2 }, Math.min(signSizes.inRow, row - 1), inks);
}

/** Draws a sign, centred, with a border in the colour of the page. */
function drawSign(
  context: CanvasRenderingContext2D,
  name: SignName,
  { x, y }: { readonly x: number; readonly y: number },
  size: number,
  { ink, paper }: Inks,
): void {
  const { path, isFilled = false }: Shape = signs[name];
  const drawn = new Path2D(path);
  context.save();
  context.translate(x - size / 2, y - size / 2);
  context.scale(size / 16, size / 16);
  context.lineCap = 'round';
  context.lineWidth = 6;
  context.strokeStyle = paper;
  context.stroke(drawn);
  context.lineWidth = 2.6;
  context.strokeStyle = ink;
  context.fillStyle = ink;
  if (isFilled) context.fill(drawn);
  else context.stroke(drawn);
  context.restore();
}

/** Draws a diamond, a shape that no other sign has. */
export function drawTrouble(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  size: number,
  { ink }: Pick<Inks, 'ink'>,
): void {
  context.fillStyle = outcomes.failed.colour;
  context.strokeStyle = ink;
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size, y);
  context.lineTo(x, y + size);
  context.lineTo(x - size, y);
  context.closePath();
  context.fill();
  context.stroke();
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
