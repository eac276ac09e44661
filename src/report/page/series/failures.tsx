import { many } from '../format.ts';
import { goTo, step } from '../view/address.ts';
import { chosenRun, series } from './state.ts';

/** The causes for which runs did not succeed, the most frequent first. */
export function Failures() {
  const { causes, runs } = series.value;
  if (causes.length === 0) return null;
  const places = causes.map((cause, index) => ({
    cause,
    runs: runs.cause.flatMap((its, run) => (its === index ? [run] : [])),
  }));
  places.sort((one, other) => other.runs.length - one.runs.length);
  return (
    <section id="failures" aria-labelledby="failures-title">
      <h2 id="failures-title">Failures</h2>
      <ul class="failures">
        {places.map(({ cause, runs: its }) => (
          <li key={cause}>
            <pre>{cause}</pre>
            <p>
              {many(its.length, 'run')}, the first in round {runs.round[its[0] ?? -1]}:{' '}
              <button
                type="button"
                class="link"
                onClick={() => {
                  step(() => (chosenRun.value = its[0]));
                  goTo('outcomes');
                }}
              >
                {runs.id[its[0] ?? -1] ?? 'it did not start'}
              </button>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
