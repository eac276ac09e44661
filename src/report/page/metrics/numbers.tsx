import type { Metric, Series } from '../../data.ts';
import { short } from '../format.ts';
import { Scroll } from '../scroll.tsx';
import { report } from '../state.ts';
import { labelOf, type Style, styleOf } from './drawing.ts';
import { Stroke } from './stroke.tsx';
import { valueText } from './value-text.ts';

const names = ['count', 'mean', 'p50', 'p95', 'p99', 'max'] as const;

/**
 * The numbers of a metric: of all of it, and of each series, with its line in the plot.
 * @param isNamed whether the lines have their names elsewhere. @param pointed the value at the pointer of each line.
 */
export function Numbers({
  metric,
  isSplit,
  isNamed,
  pointed,
}: {
  readonly metric: Metric;
  readonly isSplit: boolean;
  readonly isNamed: boolean;
  readonly pointed: readonly (number | null)[] | undefined;
}) {
  const { all, series, unit } = metric;
  const { groups } = report.value;
  const isSeveral = series.length > 1;
  return (
    <Scroll label="numbers">
      <table>
        <thead>
          <tr>
            {isSeveral && <th scope="col">series</th>}
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            <th scope="col" class="pointed">
              at the pointer
            </th>
          </tr>
        </thead>
        <tbody>
          <tr>
            {isSeveral && <Name label="all" style={isSplit || isNamed ? undefined : styleOf(metric, 0)} />}
            <Cells series={all} unit={unit} pointed={isSplit ? undefined : pointed?.[0]} />
          </tr>
          {series.map((each, place) => {
            const label = labelOf(each, groups);
            return (
              <tr key={label}>
                <Name label={label} style={isSplit ? styleOf(metric, place) : undefined} />
                <Cells series={each} unit={unit} pointed={isSplit ? pointed?.[place] : undefined} />
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}

function Name({ label, style }: { readonly label: string; readonly style: Style | undefined }) {
  return (
    <th scope="row" class="name" title={label}>
      {style !== undefined && <Stroke style={style} />} {label}
    </th>
  );
}

function Cells({
  series: { stats },
  unit,
  pointed,
}: {
  readonly series: Series;
  readonly unit: string | null;
  readonly pointed: number | null | undefined;
}) {
  return (
    <>
      {names.map((name) => (
        <td key={name}>
          {stats.atMost && /^p\d/.test(name) ? '≤ ' : ''}
          {name === 'count' ? short(stats.count) : valueText(stats[name], unit)}
        </td>
      ))}
      <td class="pointed">{pointed == null ? '' : valueText(pointed, unit)}</td>
    </>
  );
}
