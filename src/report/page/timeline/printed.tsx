import { useLayoutEffect, useRef } from 'preact/hooks';
import { scaleOf } from '../metrics/scale.ts';
import { marked, measured, moment, shown } from '../state.ts';
import { drawRows } from './draw-rows.ts';
import { rows } from './rows.ts';

/** The width of a printed timeline in CSS pixels, which a page scales to its own. */
const width = 1_000;
/** The height of a part, such that one fits on a page of any common size. */
const partHeight = 620;
/** From this many parts on, each has fewer pixels, since a browser holds all of them in memory. */
const manyParts = 40;
const top = 24;

/** All rows of the timeline, in parts that fit on a page, each with its own time axis. */
export function PrintedTimeline() {
  const count = rows.value.length;
  const row = count <= 150 ? 14 : count <= 2_000 ? 8 : 3;
  const perPart = Math.floor((partHeight - top) / row);
  const parts = Math.ceil(count / perPart);
  return (
    <>
      {Array.from({ length: parts }, (_, part) => (
        <Part
          key={part}
          first={part * perPart}
          count={Math.min(perPart, count - part * perPart)}
          row={row}
          resolution={parts < manyParts ? 2 : 1}
        />
      ))}
    </>
  );
}

/**
 * Some rows of the timeline. @param row the height of one, in CSS pixels.
 * @param resolution the pixels of the picture for each CSS pixel.
 */
function Part({
  first,
  count,
  row,
  resolution,
}: {
  readonly first: number;
  readonly count: number;
  readonly row: number;
  readonly resolution: number;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const height = count * row + top;
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    context.setTransform(resolution, 0, 0, resolution, 0, 0);
    const layout = { width, height, row, top, left: 130, scrolled: first * row };
    const span = shown.value;
    const scale = scaleOf(span, layout.left, width - layout.left);
    const cursors = { marked: marked.value, moment: moment.value, measured: measured.value };
    drawRows(context, { layout, scale, span, rows: rows.value, ...cursors, range: undefined });
  });
  return (
    <canvas
      ref={canvas}
      class="printed"
      role="img"
      aria-label="a part of the timeline"
      width={width * resolution}
      height={height * resolution}
    />
  );
}
