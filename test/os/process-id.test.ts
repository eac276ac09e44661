import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ownProcessId, type ProcessId, processIdOf, sightOf, whereabouts } from '../../src/os/process-id.ts';

const here = ownProcessId();
const optional = (value: string | undefined) => fc.constantFrom(value, 'another', undefined);
const anywhere: fc.Arbitrary<ProcessId> = fc.record({
  pid: fc.constantFrom(process.pid, 999_999_999),
  startTicks: optional(here.startTicks),
  boot: optional(here.boot),
  host: optional(here.host),
  namespace: optional(here.namespace),
});

describe('a recorded process', { tags: ['linux'] }, () => {
  test('property: lives or is gone for certain only in the same boot and PID namespace', async () => {
    await fc.assert(
      fc.property(anywhere, (id) => {
        const sight = sightOf(id);
        // Earlier versions of tg recorded neither host nor namespace.
        const sameKernel = id.boot === here.boot || (id.boot === undefined && id.host !== 'another');
        const sameNumbers = sameKernel && id.namespace !== 'another';
        expect(['lives', 'gone'].includes(sight)).toBe(sameNumbers);
        if (sight === 'lives') expect([id.pid, id.startTicks === 'another']).toEqual([process.pid, false]);
        if (sight === 'earlier-boot') expect(id.host).not.toBe('another');
      }),
    );
  });

  test('lives if it is this process, and is gone if it has exited or its PID belongs to another process', async () => {
    expect(sightOf(here)).toBe('lives');
    expect(sightOf({ ...here, startTicks: '1' })).toBe('gone');
    const child = spawn('true');
    const id = processIdOf(child.pid ?? 0);
    await once(child, 'exit');
    expect(sightOf(id)).toBe('gone');
  });

  test('is described with its host or PID namespace if it cannot be seen from here', () => {
    expect(whereabouts({ ...here, namespace: 'another' })).toBe(
      `process ${here.pid} in another PID namespace on this machine`,
    );
    expect(whereabouts({ ...here, host: 'far-away 123', boot: 'another' })).toBe(
      `process ${here.pid} on far-away`,
    );
  });
});
