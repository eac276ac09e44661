import { useRef } from 'preact/hooks';

/** A function that draws when the browser does next, however often it is called before. */
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
