import { basename } from 'node:path';
import { digestOf } from '../sources/sources.ts';
import type { KnownInput } from './inputs.ts';

/** The name prefix of a builder's artifacts of a plan, without the digest. */
export function stemOf(builder: string, planName: string): string {
  return `${builder.replace(':', '-')}--${basename(planName).replace(/[^\w.@+-]+/g, '-')}-`;
}

/** The key of an artifact with the digest of its inputs. */
export function artifactKey(builder: string, planName: string, digest: string): string {
  return stemOf(builder, planName) + digest;
}

/** The key of an artifact whose build read inputs other than its sources. */
export function keyWith(base: string, inputs: readonly KnownInput[]): string {
  if (inputs.length === 0) return base;
  const stem = base.slice(0, base.lastIndexOf('-') + 1);
  return stem + digestOf([base, ...inputs.map(({ kind, name, content }) => `${kind} ${name} ${content}`)]);
}
