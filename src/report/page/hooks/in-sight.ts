import { useEffect, useState } from 'preact/hooks';
import { printing } from '../print.ts';

/** Whether an element is near the viewport, so that hundreds of plots are drawn only when needed; true in print. */
export function useInSight(place: { readonly current: Element | null }): boolean {
  const [inSight, setInSight] = useState(false);
  useEffect(() => {
    if (place.current === null || inSight) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setInSight(true);
      },
      { rootMargin: '300px' },
    );
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [place, inSight]);
  return inSight || printing.value;
}
