const steps = ['', 'k', 'm', 'g', 't', 'p', 'e'];

/**
 * Parses a size as the Go SDK's SizeParam does (dustin/go-humanize): `1024`, `64KiB`, `1.5 MB`, `10k`.
 * Units with an `i` are powers of 1024, others of 1000; case does not matter.
 * @returns bytes, or undefined for anything else.
 */
export function parseSize(text: string): number | undefined {
  const match = /^(\d[\d,]*(?:\.\d*)?|\.\d+)\s*([kmgtpe]?)(i?)b?$/i.exec(text.trim());
  if (match === null) return undefined;
  const [, amount = '', step = '', binary = ''] = match;
  if (binary !== '' && step === '') return undefined;
  const power = steps.indexOf(step.toLowerCase());
  return Math.floor(Number(amount.replaceAll(',', '')) * (binary === '' ? 1_000 : 1_024) ** power);
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Formats a number of bytes for people: `1.5 MiB`. */
export function formatSize(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || Number.isInteger(value) ? value : value.toFixed(1)} ${units[power]}`;
}
