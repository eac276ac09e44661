import { useEffect, useState } from 'preact/hooks';

/** The size of an element, in pixels; undefined until it is measured. */
export function useSize(box: { readonly current: Element | null }): DOMRectReadOnly | undefined {
  const [size, setSize] = useState<DOMRectReadOnly | undefined>(undefined);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setSize(entry?.contentRect));
    if (box.current !== null) observer.observe(box.current);
    return () => observer.disconnect();
  }, [box]);
  return size;
}
