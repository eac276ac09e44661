import { batch } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Scale } from '../metrics/scale.ts';
import { selectPoint } from '../select.ts';
import { measured, moment, type Span, zoomTo } from '../state.ts';
import { type Row, toggleFold } from '../timeline/rows.ts';
import { step } from '../view/address.ts';

/** A drag of fewer pixels counts as a click. */
const dragPixels = 4;

type At = (event: PointerEvent) => {
  readonly ms: number;
  readonly scale: Scale;
  readonly row: Row | undefined;
};

/** Where a pointer went down, and whether it measures. */
interface Begin {
  readonly ms: number;
  readonly measures: boolean;
}

/**
 * Zooms to the dragged range, and selects the clicked point. With Shift, a drag or a click measures.
 * @param changed is called when the range changes.
 */
export function useRange(at: At, changed: () => void) {
  const range = useRef<Span | undefined>(undefined);
  const began = useRef<Begin | undefined>(undefined);
  const end = () => {
    began.current = undefined;
    range.current = undefined;
    changed();
  };
  return {
    range,
    onPointerDown(event: PointerEvent) {
      if (event.button !== 0) return;
      began.current = { ms: at(event).ms, measures: event.shiftKey };
      if (event.pointerType === 'mouse' && event.target instanceof Element)
        event.target.setPointerCapture(event.pointerId);
    },
    onPointerMove(event: PointerEvent) {
      if (began.current === undefined) return;
      const { ms, scale } = at(event);
      const [first, last] = [Math.min(began.current.ms, ms), Math.max(began.current.ms, ms)];
      range.current = (last - first) / scale.perPixel > dragPixels ? { from: first, to: last } : undefined;
      changed();
    },
    onPointerUp(event: PointerEvent) {
      const span = range.current;
      if (began.current?.measures === true) step(() => measure(span, at(event).ms));
      else if (span !== undefined) step(() => zoomTo(span));
      else if (began.current !== undefined) click(at(event));
      end();
    },
    onPointerCancel: end,
  };
}

function click({ row, ms }: { readonly row: Row | undefined; readonly ms: number }): void {
  if (row === undefined) return;
  const { fold } = row;
  step(() => (fold === undefined ? selectPoint(row.instance, ms) : toggleFold(fold.group)));
}

/** Measures a span; without one, from the marked time to the clicked one. */
function measure(span: Span | undefined, ms: number): void {
  batch(() => {
    if (span !== undefined) moment.value = span.from;
    else moment.value ??= ms;
    measured.value = span?.to ?? ms;
  });
}
