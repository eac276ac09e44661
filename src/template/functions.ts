import { inner, printed, sprint } from './format.ts';
import { sprintf } from './printf.ts';
import { TemplateProblem } from './problem.ts';
import { compareBytes, type GoValue, isArray, isTrue, kindOf } from './values.ts';

/** A function that templates may call. */
export interface TemplateFunction {
  /** The minimum and the maximum number of arguments. */
  readonly takes: readonly [number, number];
  /** @throws TemplateProblem for invalid arguments. */
  call(args: readonly GoValue[]): GoValue;
}

/** Creates a function with a fixed number of arguments. */
export function fixed(count: number, call: (...args: GoValue[]) => GoValue): TemplateFunction {
  return { takes: [count, count], call: (args) => call(...args) };
}

function atLeast(count: number, call: (args: readonly GoValue[]) => GoValue): TemplateFunction {
  return { takes: [count, Number.POSITIVE_INFINITY], call };
}

/** The functions of Go's text/template. `and` and `or` are called only if no argument has short-circuited. */
export const builtins: ReadonlyMap<string, TemplateFunction> = new Map([
  ['and', atLeast(1, (args) => args.at(-1))],
  ['or', atLeast(1, (args) => args.at(-1))],
  ['not', fixed(1, (value) => !isTrue(value))],
  ['len', fixed(1, length)],
  ['index', atLeast(1, ([of, ...keys]) => keys.reduce(index, checkNotNothing(of, 'index')))],
  ['slice', { takes: [1, 4], call: ([of, ...bounds]) => slice(of, bounds) }],
  ['print', atLeast(0, sprint)],
  ['println', atLeast(0, (args) => `${args.map(inner).join(' ')}\n`)],
  ['printf', atLeast(1, ([format, ...args]) => sprintf(textArgument(format), args))],
  ['html', atLeast(0, (args) => escapeHtml(asText(args)))],
  ['urlquery', atLeast(0, (args) => escapeQuery(asText(args)))],
  ['eq', atLeast(2, ([value, ...others]) => isAnyOf(value, others))],
  ['ne', fixed(2, (a, b) => !isAnyOf(a, [b]))],
  ['lt', fixed(2, (a, b) => isLess(a, b))],
  ['le', fixed(2, (a, b) => isLess(a, b) || isAnyOf(a, [b]))],
  ['gt', fixed(2, (a, b) => !(isLess(a, b) || isAnyOf(a, [b])))],
  ['ge', fixed(2, (a, b) => !isLess(a, b))],
]);

/** Functions of Go's text/template that compositions do not need. */
export const unsupported: readonly string[] = ['call', 'js'];

/** @throws TemplateProblem if the value is not a string. */
export function textArgument(value: GoValue): string {
  if (typeof value === 'string') return value;
  throw new TemplateProblem(`expected a string, not ${article(value)}`);
}

function article(value: GoValue): string {
  const kind = kindOf(value);
  if (value === undefined) return 'nothing: no such key';
  return `${/^[ai]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

function length(value: GoValue): GoValue {
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value));
  if (isArray(value)) return BigInt(value.length);
  if (typeof value === 'object' && value.kind === 'map') return BigInt(value.entries.size);
  throw new TemplateProblem(`${article(value)} has no length`);
}

function checkNotNothing(value: GoValue, what: string): GoValue {
  if (value === undefined) throw new TemplateProblem(`${what} of nothing: no such key`);
  return value;
}

function index(of: GoValue, key: GoValue): GoValue {
  if (typeof of === 'string') return BigInt(Buffer.from(of)[positionIn(Buffer.byteLength(of), key)] ?? 0);
  if (isArray(of)) return of[positionIn(of.length, key)];
  if (typeof of === 'object' && of.kind === 'map') {
    if (typeof key !== 'string')
      throw new TemplateProblem(`the key of a map is a string, not ${article(key)}`);
    return of.entries.has(key) ? of.entries.get(key) : of.of === 'text' ? '' : undefined;
  }
  throw new TemplateProblem(`${article(of)} cannot be indexed`);
}

function positionIn(size: number, key: GoValue): number {
  const at = boundary(size, key);
  if (at < size) return at;
  throw new TemplateProblem(`index out of range: ${at} of ${size}`);
}

/** A slice boundary from 0 to `size`, inclusive. */
function boundary(size: number, key: GoValue): number {
  if (typeof key !== 'bigint') throw new TemplateProblem(`an index is an integer, not ${article(key)}`);
  if (key >= 0n && key <= BigInt(size)) return Number(key);
  throw new TemplateProblem(`index out of range: ${key} of ${size}`);
}

function slice(of: GoValue, bounds: readonly GoValue[]): GoValue {
  const whole = typeof of === 'string' ? Buffer.from(of) : of;
  if (!(whole instanceof Uint8Array) && !isArray(whole))
    throw new TemplateProblem(`${article(of)} cannot be sliced`);
  if (typeof of === 'string' && bounds.length > 2)
    throw new TemplateProblem('a string takes at most two slice bounds');
  const places = bounds.map((bound) => boundary(whole.length, bound));
  const [from = 0, to = whole.length, max = whole.length] = places;
  if (from > to || to > max) throw new TemplateProblem(`cannot slice from ${from} to ${to}`);
  return whole instanceof Uint8Array ? whole.toString('utf8', from, to) : whole.slice(from, to);
}

/** Whether a value equals any of the others; throws when it is compared with another type. */
function isAnyOf(value: GoValue, others: readonly GoValue[]): boolean {
  return others.some((other) => {
    // In Go, an array without elements is nil.
    if (isNil(value) || isNil(other)) {
      if (value === undefined || other === undefined) return isNil(value) && isNil(other);
      if (isArray(value) && isArray(other)) return isNil(value) && isNil(other);
    }
    checkComparable(value, other);
    if (typeof value === 'object') throw new TemplateProblem(`${article(value)} cannot be compared`);
    return value === other;
  });
}

function isNil(value: GoValue): boolean {
  return value === undefined || (isArray(value) && value.length === 0);
}

function isLess(a: GoValue, b: GoValue): boolean {
  checkComparable(a, b);
  if (typeof a === 'string' && typeof b === 'string') return compareBytes(a, b) < 0;
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b;
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  throw new TemplateProblem(`${article(a)} cannot be ordered`);
}

function checkComparable(a: GoValue, b: GoValue): void {
  if (kindOf(a) === kindOf(b)) return;
  const numbers = [a, b].every((value) => typeof value === 'number' || typeof value === 'bigint');
  throw new TemplateProblem(
    `${article(a)} and ${article(b)} cannot be compared`,
    undefined,
    numbers ? 'Write 1.0 instead of 1, or the other way round.' : undefined,
  );
}

function asText(args: readonly GoValue[]): string {
  const [only] = args;
  if (args.length === 1 && typeof only === 'string') return only;
  return sprint(args.map((value) => value ?? printed(value)));
}

const entities: Readonly<Record<string, string>> = {
  '\0': '\uFFFD',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

function escapeHtml(text: string): string {
  return text.replace(/[\0"'&<>]/g, (character) => entities[character] ?? character);
}

/** Like Go's url.QueryEscape: a space becomes +. */
function escapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
