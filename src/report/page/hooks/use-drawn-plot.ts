import { effect } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type UPlot from 'uplot';
import { theme } from '../theme.ts';

/**
 * Draws a plot in an element, redraws it when the theme changes, and resizes it with the element.
 * @param draw makes the plot of the latest data.
 * @param height in pixels.
 * @returns references to the element and to the plot.
 */
export function useDrawnPlot(draw: (box: HTMLDivElement) => UPlot, height: number) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | undefined>(undefined);
  const latest = useRef(draw);
  latest.current = draw;
  // Before the browser paints: a printed page does not wait for what comes later.
  useLayoutEffect(
    () =>
      effect(() => {
        // Redraws when the theme changes.
        theme.value;
        plot.current?.destroy();
        plot.current = place.current === null ? undefined : latest.current(place.current);
      }),
    [],
  );
  useEffect(() => {
    const box = place.current;
    if (box === null) return;
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: box.clientWidth, height }));
    observer.observe(box);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
    };
  }, [height]);
  return { place, plot };
}
