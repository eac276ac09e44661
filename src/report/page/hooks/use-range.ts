import { useRef } from 'preact/hooks';
import type { Scale } from '../metrics/scale.ts';
import { choose, chosen, type Span, zoomTo } from '../state.ts';
import type { Row } from '../timeline/rows.ts';

/** A drag of fewer pixels counts as a click. */
const dragPixels = 4;

type At = (event: PointerEvent) => {
  readonly ms: number;
  readonly scale: Scale;
  readonly row: Row | undefined;
};

/** Zooms to the dragged range, and selects the clicked row. @param changed is called when the range changes. */
export function useRange(at: At, changed: () => void) {
  const range = useRef<Span | undefined>(undefined);
  const from = useRef<number | undefined>(undefined);
  const end = () => {
    from.current = undefined;
    range.current = undefined;
    changed();
  };
  return {
    range,
    onPointerDown(event: PointerEvent) {
      if (event.button !== 0) return;
      from.current = at(event).ms;
      if (event.pointerType === 'mouse' && event.target instanceof Element)
        event.target.setPointerCapture(event.pointerId);
    },
    onPointerMove(event: PointerEvent) {
      if (from.current === undefined) return;
      const { ms, scale } = at(event);
      const [first, last] = [Math.min(from.current, ms), Math.max(from.current, ms)];
      range.current = (last - first) / scale.perPixel > dragPixels ? { from: first, to: last } : undefined;
      changed();
    },
    onPointerUp(event: PointerEvent) {
      const { row } = at(event);
      if (range.current !== undefined) zoomTo(range.current);
      else if (from.current !== undefined && row !== undefined)
        choose(row.instance === chosen.value ? undefined : row.instance);
      end();
    },
    onPointerCancel: end,
  };
}
