import { type Arrivals, arrivals } from '../metrics/arrivals.ts';
import { More } from '../more.tsx';
import { report } from '../state.ts';
import { drawBarrier } from '../timeline/barriers.tsx';
import { InstanceButton } from './instance-button.tsx';

/** The number of barriers, and of missing instances of each, until the user asks for more. */
const maxShown = { barriers: 3, instances: 12 } as const;

/** The barriers that did not open, and who is missing there. */
export function Unmet() {
  const { about } = report.value;
  if (about.outcome === 'success') return null;
  const unmet = arrivals.value.filter(({ target, opened }) => target !== null && opened === false);
  if (unmet.length === 0) return null;
  return (
    <ul class="unmet">
      <More all={unmet} first={maxShown.barriers} what="barrier" as="li">
        {(barrier) => (
          <li key={`${barrier.name} ${barrier.target}`}>
            <button type="button" class="link" onClick={() => drawBarrier(barrier)}>
              {barrier.name}
            </button>{' '}
            {about.state === 'processing' ? 'has not opened yet' : 'did not open'}: {barrier.count} of{' '}
            {barrier.target}
            <Missing barrier={barrier} />
          </li>
        )}
      </More>
    </ul>
  );
}

function Missing({ barrier }: { readonly barrier: Arrivals }) {
  const missing = missingAt(barrier);
  if (missing.length === 0) return <>; every instance has signalled it</>;
  return (
    <>
      ; not signalled by{' '}
      <More all={missing} first={maxShown.instances} what="instance">
        {(place) => <InstanceButton key={place} place={place} />}
      </More>
    </>
  );
}

/** The instances that have not signalled a barrier, of the groups that signalled it or wait there. */
function missingAt({ by, waiting }: Arrivals): readonly number[] {
  const { instances } = report.value;
  const there = new Set(by);
  const groups = new Set([...by, ...waiting].map((place) => instances[place]?.group));
  return instances.flatMap(({ group }, place) => (groups.has(group) && !there.has(place) ? [place] : []));
}
