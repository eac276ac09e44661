import { parseGoDuration } from '../values/go-duration.ts';
import { type AccessLink, presets } from './access-link.ts';
import { type Shape, unshaped } from './shape.ts';

/**
 * Reads a link: the name of a preset, or settings of what is sent, `latency=50ms,jitter=5ms,bandwidth=10Mbit,loss=1%`.
 * @returns what is wrong with it, as text, if it is neither.
 */
export function readAccessLink(text: string): AccessLink | string {
  const preset = presets[text];
  if (preset !== undefined) return preset;
  if (!text.includes('=')) return `there is no preset ${JSON.stringify(text)}`;
  const up: Partial<Record<keyof Shape, number>> = {};
  for (const setting of text.split(',')) {
    const [, name = '', value = ''] = /^([^=]+)=(.*)$/.exec(setting.trim()) ?? [];
    const read = readers[name as keyof typeof readers];
    if (read === undefined) return `there is no setting ${JSON.stringify(setting)}`;
    const amount = read(value);
    if (amount === undefined || amount < 0) return `${JSON.stringify(value)} is no ${name}`;
    up[name as keyof Shape] = amount;
  }
  return { up: { ...unshaped, ...up }, down: unshaped };
}

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
  return amount === '' ? undefined : Number(amount) * 1_000 ** steps.indexOf(step.toLowerCase());
}

/** `1%`, or `0.5` for half a per cent. @returns a share. */
function shareIn(text: string): number | undefined {
  const [, amount = ''] = /^(\d+(?:\.\d+)?)\s*%?$/.exec(text) ?? [];
  return amount === '' || Number(amount) > 100 ? undefined : Number(amount) / 100;
}
