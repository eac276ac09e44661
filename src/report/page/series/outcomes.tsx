import { shareText } from '../../../values/percent.ts';
import { type RunOutcome, runOutcomes, type SeriesPoint } from '../../series-data.ts';
import { duration } from '../format.ts';
import { Sign } from '../sign.tsx';
import type { SignName } from '../signs.ts';
import { step } from '../view/address.ts';
import { chosenRun, runsOfPoints, series } from './state.ts';

/** The sign of each outcome of a run; the colour is that of its class in the style sheet. */
const outcomeSigns: Readonly<Record<RunOutcome, SignName>> = {
  success: 'check',
  unknown: 'question',
  canceled: 'dash',
  error: 'never',
  failure: 'cross',
};

/** The outcomes of all runs: a row for each combination of settings, a cell for each round. */
export function Outcomes() {
  const { axes, points } = series.value;
  const hasSeveral = points.some(({ of }) => of !== points[0]?.of);
  return (
    <section id="outcomes" aria-labelledby="outcomes-title">
      <h2 id="outcomes-title">Outcomes</h2>
      <div class="scroll whole">
        <table class="outcomes">
          <thead>
            <tr>
              {hasSeveral && <th scope="col">run</th>}
              {axes.map((name) => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ))}
              <th scope="col">failed</th>
              <th scope="col" class="rounds">
                rounds
              </th>
            </tr>
          </thead>
          <tbody>
            {points.map((point, place) => (
              <tr key={point.name}>
                {hasSeveral && <th scope="row">{point.of}</th>}
                {point.values.map((value, index) => (
                  <td key={axes[index]}>{value}</td>
                ))}
                <td>
                  <Failed point={point} />
                </td>
                <td class="rounds">
                  {runsOfPoints.value[place]?.map((run) => (
                    <RunCell key={run} run={run} />
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <ChosenRun />
      <p class="hint">
        The range after a share is its 95 % confidence interval. Rounds that a person or the machine ended do
        not count.
      </p>
    </section>
  );
}

/** `2 of 60, 0.4 % to 11.5 %` */
function Failed({ point: { failed, judged, low, high } }: { readonly point: SeriesPoint }) {
  if (judged === 0) return <>–</>;
  return (
    <>
      {failed} of {judged}
      <span class="interval">
        , {shareText(low)} to {shareText(high)}
      </span>
    </>
  );
}

function RunCell({ run }: { readonly run: number }) {
  const { runs } = series.value;
  const outcome = runOutcomes[runs.outcome[run] ?? -1] ?? 'unknown';
  return (
    <button
      type="button"
      class={`run ${outcome}`}
      aria-pressed={chosenRun.value === run}
      aria-label={`round ${runs.round[run]}: ${outcome}`}
      onClick={() => {
        step(() => (chosenRun.value = chosenRun.value === run ? undefined : run));
      }}
    >
      <Sign name={outcomeSigns[outcome]} />
    </button>
  );
}

/** What is known about the chosen run, and how to see more of it. */
function ChosenRun() {
  const run = chosenRun.value;
  if (run === undefined) return <p class="chosen-run hint">Choose a run to see what is known about it.</p>;
  const { runs, points, reasons, hasPages } = series.value;
  const id = runs.id[run];
  const outcome = runOutcomes[runs.outcome[run] ?? -1] ?? 'unknown';
  const reason = reasons[runs.reason[run] ?? -1];
  const took = runs.tookMs[run];
  return (
    <div class="chosen-run" aria-live="polite">
      <p>
        <strong class={outcome}>
          <Sign name={outcomeSigns[outcome]} /> {outcome}
        </strong>
        {': '}
        {points[runs.point[run] ?? -1]?.name}, round {runs.round[run]}
        {typeof took === 'number' && `, ${duration(took)}`}
      </p>
      {reason !== undefined && <pre>{reason}</pre>}
      {typeof id === 'string' && (
        <p>
          {hasPages && runs.isKept[run] ? (
            <a href={`${encodeURIComponent(id)}.html`}>open its report</a>
          ) : (
            <code>{runs.isKept[run] ? `tg report ${id} --open` : id}</code>
          )}
          {!runs.isKept[run] && ' (its outputs were removed)'} · seed <code>{runs.seed[run]}</code>
        </p>
      )}
    </div>
  );
}
