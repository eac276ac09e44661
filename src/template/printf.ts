import { formatFloat, inner } from './format.ts';
import { TemplateProblem } from './problem.ts';
import { type GoValue, isArray, kindOf, sortedEntries } from './values.ts';

interface Directive {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly verb: string;
}

const directive = /%(?:%|([-+# 0]*)(\d*)(?:\.(\d*))?(.))/gsu;
/** Limits for one value: the width in characters, and the digits, of which JavaScript writes no more than this. */
const limits = { width: 10_000, digits: 100 };

/**
 * Go's Sprintf with the verbs v, s, q, d, t, f, e, g, x, o, b, c, U, and F, E, G, X.
 * @throws TemplateProblem for another verb, an unsupported value, and too few or too many values: Go would print an
 * error text into the composition.
 */
export function sprintf(format: string, values: readonly GoValue[]): string {
  let used = 0;
  const text = format.replace(directive, (whole, flags = '', width = '', precision, verb = '') => {
    if (whole === '%%') return '%';
    if (used >= values.length) throw new TemplateProblem(`printf: a value is missing for ${whole}`);
    const asked = {
      flags,
      width: Number(width),
      precision: precision === undefined ? undefined : Number(precision),
      verb,
    };
    if (asked.width > limits.width || (asked.precision ?? 0) > limits.digits) {
      throw new TemplateProblem(`printf: ${whole} requests too many characters`);
    }
    return show(values[used++], asked);
  });
  if (/%$/.test(format.replace(directive, ''))) throw new TemplateProblem('printf: the format ends in %');
  if (used < values.length) {
    throw new TemplateProblem(
      `printf: ${values.length} values for ${used} places in ${JSON.stringify(format)}`,
    );
  }
  return text;
}

/** Formats a value; lists and maps apply the directive to their elements. */
function show(value: GoValue, asked: Directive): string {
  if (isArray(value)) return `[${value.map((element) => show(element, asked)).join(' ')}]`;
  if (typeof value === 'object' && value.kind === 'map') {
    const entries = sortedEntries(value).map(([key, its]) => `${show(key, asked)}:${show(its, asked)}`);
    return `map[${entries.join(' ')}]`;
  }
  const shown = verbs[asked.verb]?.(value, asked);
  if (shown !== undefined) return padded(shown, asked);
  const known = Object.keys(verbs);
  if (known.includes(asked.verb))
    throw new TemplateProblem(
      `printf: %${asked.flags}${asked.verb} cannot show a value of type ${kindOf(value)}`,
    );
  throw new TemplateProblem(
    `printf: %${asked.verb} is not supported`,
    undefined,
    `Known: ${known.join(', ')}.`,
  );
}

/** A formatted value: a sign or a prefix, and the part that may be padded with zeros. */
interface Shown {
  readonly before: string;
  readonly text: string;
  readonly zeros: boolean;
}

type Verb = (value: GoValue, asked: Directive) => Shown | undefined;

const plain = (text: string): Shown => ({ before: '', text, zeros: true });

const verbs: Readonly<Record<string, Verb>> = {
  v: general,
  s: (value, { precision }) => {
    if (typeof value === 'string') return plain(cut(value, precision));
    return typeof value === 'object' ? plain(inner(value)) : undefined;
  },
  q: (value, { flags, precision }) =>
    typeof value === 'string' && !/[+#]/.test(flags) ? plain(quoted(cut(value, precision))) : undefined,
  t: (value) => (typeof value === 'boolean' ? plain(String(value)) : undefined),
  d: whole(10),
  o: whole(8),
  b: whole(2),
  x: hex,
  X: upper(hex),
  c: (value) => (typeof value === 'bigint' ? plain(character(value)) : undefined),
  U: (value) =>
    typeof value === 'bigint'
      ? plain(`U+${BigInt.asUintN(64, value).toString(16).toUpperCase().padStart(4, '0')}`)
      : undefined,
  f: float((value, precision) => toFixed(value, precision ?? 6)),
  F: float((value, precision) => toFixed(value, precision ?? 6)),
  e: float((value, precision) => twoDigits(toExponential(value, precision ?? 6))),
  E: upper(float((value, precision) => twoDigits(toExponential(value, precision ?? 6)))),
  g: float(shortest),
  G: upper(float(shortest)),
};

function general(value: GoValue, asked: Directive): Shown | undefined {
  if (asked.flags.includes('#')) return undefined;
  if (typeof value === 'string') return plain(cut(value, asked.precision));
  // A + asks for field names here, not for a sign.
  const unsigned = { ...asked, flags: asked.flags.replaceAll('+', '') };
  if (typeof value === 'bigint') return whole(10)(value, unsigned);
  if (typeof value === 'number') return float(shortest)(value, unsigned);
  return plain(inner(value));
}

function whole(base: number): Verb {
  return (value, { flags, width, precision }) => {
    if (typeof value !== 'bigint') return undefined;
    const before = signOf(value < 0n, flags);
    const digits = (value < 0n ? -value : value).toString(base);
    if (precision !== undefined) {
      const text = precision === 0 && value === 0n ? '' : digits.padStart(precision, '0');
      return { before: text === '' ? '' : before, text, zeros: false };
    }
    const fills = flags.includes('0') && !flags.includes('-');
    const prefix = flags.includes('#') ? (prefixes[base] ?? '') : '';
    return {
      before: before + prefix,
      text: fills ? digits.padStart(width - before.length, '0') : digits,
      zeros: false,
    };
  };
}

const prefixes: Readonly<Record<number, string>> = { 2: '0b', 8: '0', 16: '0x' };

function hex(value: GoValue, asked: Directive): Shown | undefined {
  if (typeof value !== 'string') return whole(16)(value, asked);
  const bytes = Buffer.from(value).subarray(0, asked.precision);
  const apart = asked.flags.includes(' ');
  const prefix = asked.flags.includes('#') && bytes.length > 0 ? '0x' : '';
  const pairs = bytes.toString('hex').match(/../g) ?? [];
  return plain(apart ? pairs.map((pair) => prefix + pair).join(' ') : prefix + pairs.join(''));
}

function upper(verb: Verb): Verb {
  return (value, asked) => {
    const shown = verb(value, asked);
    const unchanged = typeof value === 'number' && !Number.isFinite(value);
    if (shown === undefined || unchanged) return shown;
    return { ...shown, before: shown.before.toUpperCase(), text: shown.text.toUpperCase() };
  };
}

function float(format: (value: number, precision: number | undefined) => string): Verb {
  return (value, { flags, precision }) => {
    if (typeof value !== 'number' || flags.includes('#')) return undefined;
    if (Number.isNaN(value)) return { before: flags.includes('+') ? '+' : '', text: 'NaN', zeros: false };
    const before = signOf(value < 0 || Object.is(value, -0), flags);
    if (!Number.isFinite(value)) return { before: before.trim() || '+', text: 'Inf', zeros: false };
    return { before, text: format(Math.abs(value), precision), zeros: true };
  };
}

function signOf(negative: boolean, flags: string): string {
  if (negative) return '-';
  if (flags.includes('+')) return '+';
  return flags.includes(' ') ? ' ' : '';
}

/** %g: the shortest form, or `precision` significant digits, without trailing zeros. */
function shortest(value: number, precision: number | undefined): string {
  if (precision === undefined) return formatFloat(value);
  const digits = precision || 1;
  const [, mantissa = '', exponent = '0'] = /^(.*)e([+-]\d+)$/.exec(toExponential(value, digits - 1)) ?? [];
  const power = Number(exponent);
  if (power < -4 || power >= digits) return twoDigits(`${withoutZeros(mantissa)}e${exponent}`);
  return withoutZeros(toFixed(value, Math.max(0, digits - 1 - power)));
}

function withoutZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}

/** Like Number.toFixed, but rounds ties to even, as Go does. */
function toFixed(value: number, digits: number): string {
  return nearestEven(value.toFixed(digits), value.toFixed(limits.digits), digits);
}

function toExponential(value: number, digits: number): string {
  const [nearest = '', power = ''] = value.toExponential(digits).split('e');
  const [exact = '', exactPower] = value.toExponential(limits.digits).split('e');
  // A value rounded up to the next power of ten is not a tie.
  return `${power === exactPower ? nearestEven(nearest, exact, digits) : nearest}e${power}`;
}

/** @param exact the number with all its digits. @param digits the number of digits after the point. */
function nearestEven(nearest: string, exact: string, digits: number): string {
  const point = exact.indexOf('.');
  const isTie = digits < limits.digits && /^50*$/.test(exact.slice(point + 1 + digits));
  if (!isTie || /[02468]$/.test(nearest)) return nearest;
  return exact.slice(0, point + (digits === 0 ? 0 : 1 + digits));
}

/** Go writes at least two digits of an exponent. */
function twoDigits(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

function cut(text: string, precision: number | undefined): string {
  return precision === undefined ? text : [...text].slice(0, precision).join('');
}

function character(code: bigint): string {
  const fits = code >= 0n && code <= 0x10ffffn && (code < 0xd800n || code > 0xdfffn);
  return fits ? String.fromCodePoint(Number(code)) : '\uFFFD';
}

const escapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/** Quotes a string like Go. */
function quoted(text: string): string {
  const inside = text.replace(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (odd) => {
    const code = odd.codePointAt(0) ?? 0;
    if (escapes[odd] !== undefined) return escapes[odd];
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code > 0xffff
      ? `\\U${code.toString(16).padStart(8, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return `"${inside}"`;
}

function padded({ before, text, zeros }: Shown, { flags, width }: Directive): string {
  const lacking = Math.max(0, width - [...before, ...text].length);
  if (flags.includes('-')) return before + text + ' '.repeat(lacking);
  if (zeros && flags.includes('0')) return before + '0'.repeat(lacking) + text;
  return ' '.repeat(lacking) + before + text;
}
