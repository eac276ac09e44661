import { useState } from 'preact/hooks';
import { Scroll } from './scroll.tsx';
import { report } from './state.ts';

/** The settings of the run, and the command that repeats it. */
export function About() {
  const { about, groups } = report.value;
  return (
    <section id="about" aria-labelledby="about-title">
      <h2 id="about-title">How it was run</h2>
      <p>
        Run it again: <code>{about.rerun}</code> <Copy text={about.rerun} />
      </p>
      <Scroll label="groups">
        <table>
          <thead>
            <tr>
              <th scope="col">group</th>
              <th scope="col">instances</th>
              <th scope="col">builder</th>
              <th scope="col">expected</th>
              <th scope="col">parameters</th>
            </tr>
          </thead>
          <tbody>
            {groups.map(({ id, instances, builder, expect, params }) => (
              <tr key={id}>
                <th scope="row">{id}</th>
                <td>{instances}</td>
                <td>{builder}</td>
                <td>{expect}</td>
                <td class="params">
                  {params.map(([name, value]) => (
                    <code key={name}>
                      {name}={value}
                    </code>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <dl>
        <div>
          <dt>runner</dt>
          <dd>{about.runner}</dd>
        </div>
        {about.facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Copy({ text }: { readonly text: string }) {
  const [copied, setCopied] = useState(false);
  if (!navigator.clipboard) return null;
  return (
    <button
      type="button"
      onClick={() => {
        navigator.clipboard.writeText(text).then(
          () => setCopied(true),
          () => {},
        );
      }}
    >
      {copied ? 'copied' : 'copy'}
    </button>
  );
}
