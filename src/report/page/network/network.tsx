import type { Network } from '../../data.ts';
import { duration } from '../format.ts';
import { report } from '../state.ts';
import { chosenLevel, type Level, level } from './level.ts';
import { Links } from './links.tsx';
import { Matrix } from './matrix.tsx';

/** What the network did with packets: of each link, and between whom. */
export function NetworkSection() {
  const { network, groups } = report.value;
  if (network === null) return null;
  return (
    <section id="network" aria-labelledby="network-title">
      <h2 id="network-title">Network</h2>
      {network.problems.map((problem) => (
        <p key={problem} class="machine-warning">
          <span aria-hidden="true">!</span> {problem}
        </p>
      ))}
      <div class="tools">
        <label>
          by{' '}
          <select
            value={level.value}
            onChange={({ currentTarget }) => {
              chosenLevel.value = currentTarget.value as Level;
            }}
          >
            <option value="instances">instance</option>
            <option value="groups">group ({groups.length})</option>
          </select>
        </label>
        <Lateness engine={network.engine} lateness={network.lateness} />
      </div>
      <Links />
      <Matrix />
    </section>
  );
}

function Lateness({ engine, lateness }: Pick<Network, 'engine' | 'lateness'>) {
  if (lateness === null)
    return (
      <output class="hint">
        {engine === 'kernel' ? 'how late packets were is not known' : 'no packet was delayed'}
      </output>
    );
  const { p50, p99, max } = lateness;
  return (
    <output class="hint">
      {engine === 'kernel' ? 'probes' : 'delayed packets'} were late by {duration(p50)} (p50), {duration(p99)}{' '}
      (p99), {duration(max)} at most
    </output>
  );
}
