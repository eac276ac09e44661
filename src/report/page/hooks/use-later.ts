import { useRef } from 'preact/hooks';

/** Returns a function that draws in the next animation frame, once however often it is called before. */
export function useLater(draw: () => void): () => void {
  const latest = useRef(draw);
  latest.current = draw;
  const asked = useRef(false);
  const later = useRef(() => {
    if (asked.current) return;
    asked.current = true;
    requestAnimationFrame(() => {
      asked.current = false;
      latest.current();
    });
  });
  return later.current;
}
