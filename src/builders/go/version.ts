/** A version of Go: `patch` is undefined if only a release line is named, as in "1.16". */
export interface GoVersion {
  readonly minor: number;
  readonly patch: number | undefined;
  /** `rc1` or `beta2`; empty for a release. */
  readonly pre: string;
}

const versionText = /^(?:go)?1\.(\d+)(?:\.(\d+))?((?:rc|beta)\d+)?(?:[-+ ].*)?$/;

/** Parses a version: `1.16`, `go1.16.15`, `1.21rc2`. @returns undefined for any other text. */
export function goVersionIn(text: string | undefined): GoVersion | undefined {
  const found = versionText.exec(text?.trim() ?? '');
  if (found === null) return undefined;
  const [, minor, patch, pre = ''] = found;
  return { minor: Number(minor), patch: patch === undefined ? undefined : Number(patch), pre };
}

/**
 * The Go version of an image name: `golang:1.16-buster`, `iptestground/builder:go1.15`.
 * @returns undefined for other images, and for tags without a version.
 */
export function goVersionOfImage(image: string): GoVersion | undefined {
  const [name = '', tag = ''] = /^(.*?)(?::([^:/@]*))?(?:@.*)?$/.exec(image.trim())?.slice(1) ?? [];
  const named = /(?:^|[-_])go(1\.\d+(?:\.\d+)?)(?![\d.])/.exec(tag)?.[1];
  if (named !== undefined) return goVersionIn(named);
  const isGo = /(?:^|[-_])go(?:lang)?(?:$|[-_])/.test(name.split('/').at(-1) ?? '');
  return isGo ? goVersionIn(/^v?(1\.\d+(?:\.\d+)?(?:(?:rc|beta)\d+)?)(?:$|[-_])/.exec(tag)?.[1]) : undefined;
}

/** Negative if `a` is the earlier one; a release line counts as its first release. */
export function compareGo(a: GoVersion, b: GoVersion): number {
  return a.minor - b.minor || (a.patch ?? 0) - (b.patch ?? 0) || comparePre(a.pre, b.pre);
}

function comparePre(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '') return 1;
  return b === '' ? -1 : a.localeCompare(b, 'en', { numeric: true });
}

/** Whether a release is the requested one, or any of the requested release line. */
export function isMeant(release: GoVersion, meant: GoVersion): boolean {
  return meant.patch === undefined && meant.pre === ''
    ? release.minor === meant.minor
    : compareGo(release, meant) === 0;
}

/** Formats a version: `1.16.15`. */
export function textOfGo({ minor, patch, pre }: GoVersion): string {
  return `1.${minor}${patch === undefined ? '' : `.${patch}`}${pre}`;
}
