import { formatFloat, inner } from './format.ts';
import { TemplateProblem } from './problem.ts';
import { type GoValue, kindOf } from './values.ts';

interface Directive {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly verb: string;
}

const directive = /%(?:%|([-+# 0]*)(\d*)(?:\.(\d*))?(.))/gsu;

/**
 * Go's Sprintf with the verbs v, s, q, d, t, f, e, g, x, X, o, b, c and U.
 * @throws TemplateProblem for another verb, a value that it cannot show, and too few or too many values: Go would print
 *   words about the mistake, which nobody wants in a composition.
 */
export function sprintf(format: string, values: readonly GoValue[]): string {
  let used = 0;
  const text = format.replace(directive, (whole, flags = '', width = '', precision, verb = '') => {
    if (whole === '%%') return '%';
    if (used >= values.length) throw new TemplateProblem(`printf: a value is missing for ${whole}`);
    const value = values[used++];
    return format1(value, {
      flags,
      width: Number(width),
      precision: precision === undefined ? undefined : Number(precision),
      verb,
    });
  });
  if (/%$/.test(format.replace(directive, ''))) throw new TemplateProblem('printf: the format ends in %');
  if (used < values.length) {
    throw new TemplateProblem(
      `printf: ${values.length} values for ${used} places in ${JSON.stringify(format)}`,
    );
  }
  return text;
}

function format1(value: GoValue, directive: Directive): string {
  const body = verbs[directive.verb]?.(value, directive);
  if (body !== undefined) return padded(body, value, directive);
  if (directive.verb in verbs)
    throw new TemplateProblem(`printf: %${directive.verb} cannot show a value of type ${kindOf(value)}`);
  throw new TemplateProblem(
    `printf: %${directive.verb} is not supported`,
    undefined,
    `Known: ${Object.keys(verbs).join(', ')}.`,
  );
}

type Verb = (value: GoValue, directive: Directive) => string | undefined;

const verbs: Readonly<Record<string, Verb>> = {
  v: (value, { precision }) =>
    typeof value === 'string' ? cut(value, precision) : signed(value, inner(value), ''),
  s: (value, { precision }) =>
    typeof value === 'string' ? cut(value, precision) : typeof value === 'object' ? inner(value) : undefined,
  q: (value) => (typeof value === 'string' ? JSON.stringify(value) : undefined),
  t: (value) => (typeof value === 'boolean' ? String(value) : undefined),
  d: whole(10),
  o: whole(8),
  b: whole(2),
  x: hex(false),
  X: hex(true),
  c: (value) => (typeof value === 'bigint' ? String.fromCodePoint(Number(value)) : undefined),
  U: (value) =>
    typeof value === 'bigint' ? `U+${value.toString(16).toUpperCase().padStart(4, '0')}` : undefined,
  f: float((value, precision) => toFixed(value, precision ?? 6)),
  e: float((value, precision) => twoDigits(value.toExponential(precision ?? 6))),
  g: float((value, precision) =>
    precision === undefined
      ? formatFloat(value)
      : twoDigits(String(Number(value.toPrecision(precision || 1)))),
  ),
};

function whole(base: number): Verb {
  return (value, { flags, precision }) => {
    if (typeof value !== 'bigint') return undefined;
    const amount = (value < 0n ? -value : value).toString(base).padStart(precision ?? 0, '0');
    return signed(value, `${value < 0n ? '-' : ''}${amount}`, flags);
  };
}

function hex(upper: boolean): Verb {
  return (value, directive) => {
    const prefix = directive.flags.includes('#') ? '0x' : '';
    const digits =
      typeof value === 'string'
        ? Buffer.from(value).toString('hex')
        : whole(16)(value, { ...directive, flags: '' });
    if (digits === undefined) return undefined;
    const text = digits.startsWith('-') ? `-${prefix}${digits.slice(1)}` : prefix + digits;
    return upper ? text.toUpperCase() : text;
  };
}

function float(format: (value: number, precision: number | undefined) => string): Verb {
  return (value, { flags, precision }) =>
    typeof value === 'number'
      ? signed(value, Number.isFinite(value) ? format(value, precision) : formatFloat(value), flags)
      : undefined;
}

/** As Number.toFixed, but of two that are as near the even one, as Go does. */
function toFixed(value: number, digits: number): string {
  const nearest = value.toFixed(digits);
  const exact = value.toFixed(100);
  const rest = exact.slice(exact.indexOf('.') + 1 + digits);
  const isTie = digits < 100 && /^50*$/.test(rest);
  if (!isTie || /[02468]$/.test(nearest)) return nearest;
  const cut = exact.slice(0, exact.indexOf('.') + (digits === 0 ? 0 : 1 + digits));
  return /[02468]$/.test(cut) ? cut : nearest;
}

/** Go writes at least two digits of an exponent. */
function twoDigits(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

function cut(text: string, precision: number | undefined): string {
  return precision === undefined ? text : [...text].slice(0, precision).join('');
}

function signed(value: GoValue, text: string, flags: string): string {
  if ((typeof value !== 'number' && typeof value !== 'bigint') || text.startsWith('-')) return text;
  if (flags.includes('+')) return `+${text}`;
  return flags.includes(' ') ? ` ${text}` : text;
}

function padded(text: string, value: GoValue, { flags, width, precision }: Directive): string {
  const lacking = Math.max(0, width - [...text].length);
  if (flags.includes('-')) return text + ' '.repeat(lacking);
  const zeros =
    flags.includes('0') &&
    (typeof value === 'number' || (typeof value === 'bigint' && precision === undefined));
  if (!zeros) return ' '.repeat(lacking) + text;
  const [, sign = '', amount = ''] = /^([+\- ]?)(.*)$/s.exec(text) ?? [];
  return sign + '0'.repeat(lacking) + amount;
}
