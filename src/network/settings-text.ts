import { msText, rateText } from '../values/units.ts';
import type { NetworkConfig } from './config.ts';
import { desiredIn } from './desired.ts';
import { addressOf, firstOf } from './range.ts';
import type { Shape } from './shape.ts';

const percents = ['loss', 'corrupt', 'reorder', 'duplicate'] as const satisfies readonly (keyof Shape)[];

/**
 * The settings of a configuration that make a network other than it is by itself, as texts: `latency 50 ms`, `loss 1 %`,
 * `reject 16.0.0.3/32`. Empty for a plain network, and for a configuration that cannot be applied.
 */
export function settingsIn(config: NetworkConfig): readonly string[] {
  const desired = desiredIn(config);
  if (!('shape' in desired)) return [];
  const { isEnabled, address, shape, rules, isOpen } = desired;
  const { latency, jitter, bandwidth } = shape;
  return [
    ...(isEnabled ? [] : ['disabled']),
    ...(address === undefined ? [] : [`address ${address}`]),
    ...(latency > 0 ? [`latency ${msText(latency)}`] : []),
    ...(jitter > 0 ? [`jitter ${msText(jitter)}`] : []),
    ...(bandwidth > 0 ? [`bandwidth ${rateText(bandwidth)}`] : []),
    ...percents.flatMap((name) =>
      shape[name] > 0 ? [`${name} ${Number((100 * shape[name]).toPrecision(4))} %`] : [],
    ),
    ...rules.map((rule) => `${rule.filter} ${addressOf(firstOf(rule))}/${rule.prefix}`),
    ...(isOpen ? ['routing_policy allow_all'] : []),
  ];
}
