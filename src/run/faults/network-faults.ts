import type { Heal, Injection } from '../../faults/injector.ts';
import type { Disturbance, NetworkBackend } from '../../network/backend.ts';
import { readSettings } from '../../network/read-access-link.ts';
import type { Shape } from '../../network/shape.ts';
import { dropped } from '../../network/topology/path.ts';
import type { NetworkEffect } from '../../plan/fault/fault.ts';
import { type InstanceId, instanceTag } from '../../plan/instance-id.ts';

/** Begins a fault of the network. @returns how to undo it, if it lasts. @throws Error with why it cannot be. */
export async function beginNetworkFault(
  backend: NetworkBackend,
  effect: NetworkEffect,
  injection: Injection,
  all: readonly InstanceId[],
): Promise<Heal | undefined> {
  if (injection.fault.kind === 'nat-reset') {
    if (backend.resetNats === undefined) throw new Error('the runner has no NATs');
    await backend.resetNats(injection.instances);
    return undefined;
  }
  if (backend.disturb === undefined) throw new Error('the runner shapes no networks');
  return await backend.disturb(disturbancesOf(effect, injection, all));
}

/** What a fault does, between whom. @param all all instances of the run. */
export function disturbancesOf(
  { layout, direction, link }: NetworkEffect,
  { fault: { kind }, instances, members, ranked }: Injection,
  all: readonly InstanceId[],
): readonly Disturbance[] {
  const effect: Disturbance['effect'] = link === null ? dropped : settingsOf(link);
  const between = (one: readonly InstanceId[], other: readonly InstanceId[]): Disturbance[] => [
    ...(direction === 'in' ? [] : [{ from: one, to: other, effect }]),
    ...(direction === 'out' ? [] : [{ from: other, to: one, effect }]),
  ];
  if (kind !== 'partition') return between(instances, without(all, instances));
  switch (layout) {
    case 'split':
      return between(instances, without(members, instances));
    case 'bridge': {
      const order = ranked();
      const half = Math.floor((order.length - 1) / 2);
      return between(order.slice(0, half), order.slice(half + 1));
    }
    case 'ring': {
      const order = ranked();
      return order.map((one, at) => {
        const near = [order.at(at - 1), one, order[(at + 1) % order.length]].filter(
          (its) => its !== undefined,
        );
        return { from: [one], to: without(order, near), effect };
      });
    }
  }
}

function settingsOf(link: string): Partial<Shape> {
  const settings = readSettings(link);
  if (typeof settings === 'string') throw new Error(settings);
  return settings;
}

function without(all: readonly InstanceId[], some: readonly InstanceId[]): readonly InstanceId[] {
  const tags = new Set(some.map(instanceTag));
  return all.filter((its) => !tags.has(instanceTag(its)));
}
