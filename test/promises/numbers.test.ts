import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { passedOn } from '../../src/runners/process/process-environment.ts';
import { maxFrameBytes, maxPayloadBytes } from '../../src/sync/protocol.ts';
import { limits } from '../../src/sync/server/limits.ts';
import { root } from '../support/tg.ts';
import { onOneLine } from './statements.ts';

const page = (name: string) => onOneLine(readFileSync(join(root, name), 'utf8'));
const mib = 1024 * 1024;
const count = (number: number) => number.toLocaleString('en');

test.each([
  `frames of ${maxFrameBytes / mib} MiB, payloads of ${maxPayloadBytes / mib} MiB`,
  `names of ${count(limits.keyLength)} characters`,
  `${count(limits.connections)} connections of an instance`,
  `${count(limits.open)} open barriers and subscriptions`,
  `more than ${limits.backlog / mib} MiB wait`,
])('docs/security.md states the limits of the source: %s', (text) => {
  expect(page('docs/security.md')).toContain(text);
});

test('docs/security.md states how many variables tg passes on to an instance', () => {
  expect([passedOn.length, page('docs/security.md')]).toEqual([
    9,
    expect.stringContaining('[nine variables]'),
  ]);
});

test('README.md rounds the measurements of docs/performance.md', () => {
  const measured = page('docs/performance.md');
  const readme = page('README.md');
  const milliseconds = /Go SDK plan, 100 instances \| ([\d,]+) ms/.exec(measured)?.[1];
  const microseconds = /1 publisher, 100 subscribers: publish to last receipt, p50 \| ([\d,]+) µs/.exec(
    measured,
  )?.[1];
  const figure = (text = '') => Number(text.replaceAll(',', ''));
  expect(readme).toContain('A hundred instances in Go are run and judged in 0.6 s');
  expect(figure(milliseconds) / 1_000).toBeLessThan(0.65);
  expect(readme).toContain('a message reaches a hundred subscribers in 2 ms');
  expect(figure(microseconds) / 1_000).toBeLessThan(2.5);
  expect(readme).toContain('three thousand small ones in 5 s');
  expect(measured).toContain('3,000 instances of a program in C (`bench/plans/meet`) finish in some 5 s');
});
