import { join } from 'node:path';
import { expect, test } from 'vitest';
import { samplesOf } from '../../src/metrics/samples.ts';
import { instanceFiles, runFiles } from '../../src/outputs/layout.ts';
import { folderWith } from '../support/temp.ts';

test('the measurements of an active run show no part of a secret with commas and spaces', async () => {
  const secret = 'zq1,  aq2';
  const spec = { groups: [{ id: 'single', secrets: ['token'] }] };
  const start = { start_event: { runenv: { params: { token: secret } } } };
  const sdk = (name: string, measures: object) =>
    `${JSON.stringify({ ts: 1, type: 'point', name, measures })}\n`;
  const escaped = secret.replaceAll(/[, ]/g, '\\$&');
  const dir = await folderWith({
    [runFiles.journal]: `${JSON.stringify({ type: 'run-queued', spec })}\n`,
    [join('single', '0', instanceFiles.capturedOut)]: `${JSON.stringify({ ts: 1, event: start })}\n`,
    [join('single', '0', instanceFiles.results)]:
      sdk(`m,token=${secret}`, { value: 1 }) + sdk(`n-${secret}`, { value: 1 }) + sdk(secret, { value: 'x' }),
    [join('single', '0', instanceFiles.metrics)]: `m-${escaped},t=${escaped} ${escaped}=1 1\n`,
  });
  const problems: string[] = [];
  const samples = [];
  for await (const some of samplesOf({ dir, plan: 'p', case: 'c' }, (problem) => problems.push(problem)))
    samples.push(...some.map(({ name, tags, measures }) => ({ name, tags, measures })));
  expect(samples).toEqual([
    { name: 'm', tags: 'token=***', measures: { value: 1 } },
    { name: 'n-***', tags: '', measures: { value: 1 } },
    { name: 'm-***', tags: 't=***', measures: { '***': 1 } },
  ]);
  expect(problems).toEqual(['1 line of single/0/results.out is not a valid metric (no number: ***)']);
});
