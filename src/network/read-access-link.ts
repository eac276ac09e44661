import { parseGoDuration } from '../values/go-duration.ts';
import { type AccessLink, presets } from './access-link.ts';
import { type Shape, unshaped } from './shape.ts';

/** What begins the settings of what an instance receives. */
const downPrefix = 'down.';

/**
 * Reads a link: the name of a preset, or settings, `latency=50ms,bandwidth=10Mbit,down.bandwidth=50Mbit`: of what is
 * sent, and with `down.` of what is received.
 * @returns what is wrong with it, as text, if it is neither.
 */
export function readAccessLink(text: string): AccessLink | string {
  const preset = Object.hasOwn(presets, text) ? presets[text] : undefined;
  if (preset !== undefined) return preset;
  if (!text.includes('=')) return `there is no preset ${JSON.stringify(text)}`;
  const settings = text.split(',').map((setting) => setting.trim());
  const isDown = (setting: string) => setting.startsWith(downPrefix);
  const up = shapeOf(settings.filter((setting) => !isDown(setting)));
  if (typeof up === 'string') return up;
  const down = shapeOf(settings.filter(isDown).map((setting) => setting.slice(downPrefix.length)));
  if (typeof down === 'string') return down;
  return { up: { ...unshaped, ...up }, down: { ...unshaped, ...down } };
}

/** Reads settings, `latency=50ms,jitter=5ms,loss=1%`. @returns those, or what is wrong with them, as text. */
export function readSettings(text: string): Partial<Shape> | string {
  return shapeOf(text.split(',').map((setting) => setting.trim()));
}

function shapeOf(settings: readonly string[]): Partial<Shape> | string {
  const shape: Partial<Record<keyof Shape, number>> = {};
  for (const setting of settings) {
    const [, name = '', value = ''] = /^([^=]+)=(.*)$/.exec(setting) ?? [];
    const read = Object.hasOwn(readers, name) ? readers[name as keyof typeof readers] : undefined;
    if (read === undefined) return `there is no setting ${JSON.stringify(name || setting)}`;
    const amount = read(value);
    if (amount === undefined || amount < 0) return `${JSON.stringify(value)} is no ${name}`;
    if (amount > longestDelay && (name === 'latency' || name === 'jitter'))
      return `${name} is at most 71 minutes`;
    shape[name as keyof Shape] = amount;
  }
  return shape;
}

/** The longest delay, in ms: netem has 32 bits for its µs. */
const longestDelay = 0xffff_ffff / 1_000;

const readers = {
  latency: parseGoDuration,
  jitter: parseGoDuration,
  bandwidth: bitsIn,
  loss: shareIn,
  corrupt: shareIn,
  reorder: shareIn,
  duplicate: shareIn,
};

/** The names of the settings. */
export const linkSettings: readonly string[] = Object.keys(readers);

const steps = ['', 'k', 'm', 'g'];

/** `10Mbit`, `500kbit/s`, `1e6`. @returns bits per second. */
function bitsIn(text: string): number | undefined {
  const [, amount = '', step = ''] = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:bit(?:\/s)?|bps)?$/i.exec(text) ?? [];
  const bits = amount === '' ? 0 : Number(amount) * 1_000 ** steps.indexOf(step.toLowerCase());
  return Number.isSafeInteger(Math.round(bits)) && (bits === 0 ? amount !== '' : bits >= 1)
    ? bits
    : undefined;
}

/** `1%`, or `0.5` for half a per cent. @returns a share. */
function shareIn(text: string): number | undefined {
  const [, amount = ''] = /^(\d+(?:\.\d+)?)\s*%?$/.exec(text) ?? [];
  return amount === '' || Number(amount) > 100 ? undefined : Number(amount) / 100;
}
