/** A range of IPv4 addresses. */
export interface Range {
  readonly address: string;
  readonly prefix: number;
}

/** `16.0.0.0/24`, `16.0.0.1`, or `{ ip, mask }` with the mask in base64, as Go before 0.2.6 writes it. */
export function rangeIn(value: unknown): Range | undefined {
  if (typeof value === 'string') {
    const [, address = '', prefix = '32'] = /^(\d+\.\d+\.\d+\.\d+)(?:\/(\d+))?$/.exec(value) ?? [];
    const isRange = isAddress(address) && Number(prefix) <= 32;
    return isRange ? { address: canonical(address), prefix: Number(prefix) } : undefined;
  }
  if (typeof value !== 'object' || value === null || !('ip' in value) || typeof value.ip !== 'string')
    return undefined;
  const mask = 'mask' in value && typeof value.mask === 'string' ? value.mask : '/////w==';
  const bits = [...Buffer.from(mask, 'base64')].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  if (!/^1*0*$/.test(bits) || bits.length !== 32 || !isAddress(value.ip)) return undefined;
  return { address: canonical(value.ip), prefix: bits.replaceAll('0', '').length };
}

/** An address without leading zeros. */
function canonical(address: string): string {
  return address.split('.').map(Number).join('.');
}

function isAddress(text: string): boolean {
  return /^\d+(\.\d+){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255);
}

/** An IPv4 address as a number. */
export function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** A number as an IPv4 address. */
export function addressOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

/** The first address of a range, as a number. */
export function firstOf({ address, prefix }: Range): number {
  const size = 2 ** (32 - prefix);
  return Math.floor(numberOf(address) / size) * size;
}

/** Whether a range has an address, given as a number. */
export function contains(range: Range, address: number): boolean {
  const first = firstOf(range);
  return address >= first && address < first + 2 ** (32 - range.prefix);
}
