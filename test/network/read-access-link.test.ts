import { expect, test } from 'vitest';
import { presets } from '../../src/network/access-link.ts';
import { readAccessLink } from '../../src/network/read-access-link.ts';
import { unshaped } from '../../src/network/shape.ts';

test.each(Object.keys(presets))('the preset %s is known by its name', (name) => {
  expect(readAccessLink(name)).toBe(presets[name]);
});

test('a preset has half of its round trip in each direction, and rates of its own', () => {
  expect(presets['3g']).toMatchObject({
    up: { latency: 150, bandwidth: 768_000 },
    down: { latency: 150, bandwidth: 1_600_000 },
  });
});

test.each([
  ['latency=50ms', { latency: 50 }],
  ['latency=1.5s, jitter=20ms', { latency: 1_500, jitter: 20 }],
  ['bandwidth=10Mbit', { bandwidth: 10e6 }],
  ['bandwidth=1.5 mbit/s', { bandwidth: 1.5e6 }],
  ['bandwidth=64kbps', { bandwidth: 64_000 }],
  ['bandwidth=1000', { bandwidth: 1_000 }],
  [
    'loss=1%,corrupt=0.5,duplicate=100%,reorder=25%',
    { loss: 0.01, corrupt: 0.005, duplicate: 1, reorder: 0.25 },
  ],
])('settings are about what is sent: %s', (text, up) => {
  expect(readAccessLink(text)).toEqual({ up: { ...unshaped, ...up }, down: unshaped });
});

test('settings with down. are about what is received', () => {
  expect(readAccessLink('latency=5ms,down.latency=10ms,down.loss=1%')).toEqual({
    up: { ...unshaped, latency: 5 },
    down: { ...unshaped, latency: 10, loss: 0.01 },
  });
});

test('a link between regions has their round trip, and no limit', () => {
  expect(readAccessLink('wan:eu-us')).toMatchObject({
    up: { latency: 40, bandwidth: 0 },
    down: { latency: 40, bandwidth: 0 },
  });
});

test.each([
  ['toString', 'there is no preset "toString"'],
  ['toString=1', 'there is no setting "toString"'],
  ['down.latency=x', '"x" is no latency'],
  ['down.speed=1', 'there is no setting "speed"'],
  ['5g', 'there is no preset "5g"'],
  ['latency=50', '"50" is no latency'],
  ['latency=-5ms', '"-5ms" is no latency'],
  ['loss=101%', '"101%" is no loss'],
  ['bandwidth=fast', '"fast" is no bandwidth'],
  ['speed=5', 'there is no setting "speed"'],
  ['latency=5ms,', 'there is no setting ""'],
])('says what is wrong: %s', (text, why) => {
  expect(readAccessLink(text)).toBe(why);
});
