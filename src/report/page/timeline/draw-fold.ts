import { outcomes } from '../palette.ts';
import { report, tookMs } from '../state.ts';
import { drawTrouble } from './draw-bar.ts';
import { type Fold, type Row, runningAt } from './rows.ts';
import { barOf, inksOfPage, type Scene } from './scene.ts';

/** Draws a folded group: how many of its instances ran at each time, and their failures. */
export function drawFold(
  context: CanvasRenderingContext2D,
  { marks }: Row,
  fold: Fold,
  y: number,
  { layout: { row, left, width }, scale }: Pick<Scene, 'layout' | 'scale'>,
): void {
  const bar = barOf(row);
  context.fillStyle = colourOf(fold);
  const end = Math.min(width, scale.x(tookMs.value));
  for (let x = left; x < end; x++) {
    const share = runningAt(fold, scale.ms(x)) / fold.instances.length;
    if (share > 0) context.fillRect(x, y + bar * (1 - share), 1, Math.max(0.5, bar * share));
  }
  let drawn = Number.NEGATIVE_INFINITY;
  for (const { at } of marks.toSorted((a, b) => a.at - b.at)) {
    const x = scale.x(at);
    // Those at the same place look like one.
    if (x < left || x > width || x - drawn < 2) continue;
    drawTrouble(context, x, y + bar / 2, Math.max(3, Math.min(6, row / 2)), inksOfPage());
    drawn = x;
  }
}

/** The colour of the outcome that most of the instances have. */
function colourOf({ instances }: Fold): string {
  const counts = Map.groupBy(instances, (instance) => report.value.instances[instance]?.outcome ?? 'ended');
  const [[most] = ['ended' as const]] = [...counts].sort(([, a], [, b]) => b.length - a.length);
  return outcomes[most].colour;
}
