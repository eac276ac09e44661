import { parseGoDuration } from '../values/go-duration.ts';
import { isJson } from '../values/json.ts';
import { parseSize } from '../values/size.ts';

/** Thrown for a parameter that is not set, or does not have the requested type. */
export class ParamError extends Error {
  override readonly name = 'ParamError';
  /** The parameter's name. */
  readonly param: string;

  constructor(param: string, problem: string) {
    super(`parameter "${param}" ${problem}`);
    this.param = param;
  }
}

/** Typed readers of a test case's parameters. Each throws a ParamError that names the parameter. */
export class ParamReaders {
  readonly #params: Readonly<Record<string, string>>;

  constructor(params: Readonly<Record<string, string>>) {
    this.#params = params;
  }

  /** Whether it has a value. A parameter without a value and a default is passed as `null`. */
  isParamSet(name: string): boolean {
    return Object.hasOwn(this.#params, name) && this.#params[name] !== 'null';
  }

  stringParam(name: string): string {
    const value = this.isParamSet(name) ? this.#params[name] : undefined;
    if (value === undefined) throw new ParamError(name, 'is not set');
    return value;
  }

  /** An integer that JavaScript can hold exactly. */
  intParam(name: string): number {
    return this.#read(name, 'an integer', (text) => {
      const value = /^[-+]?\d+$/.test(text) ? Number(text) : Number.NaN;
      return Number.isSafeInteger(value) ? value : undefined;
    });
  }

  floatParam(name: string): number {
    return this.#read(name, 'a number', (text) => {
      const value = text.trim() === '' ? Number.NaN : Number(text);
      return Number.isNaN(value) ? undefined : value;
    });
  }

  booleanParam(name: string): boolean {
    return this.#read(name, 'true or false', (text) => {
      const lower = text.toLowerCase();
      return lower === 'true' || (lower === 'false' ? false : undefined);
    });
  }

  /** A size such as `64KiB` or `1.5MB`, in bytes. */
  sizeParam(name: string): number {
    return this.#read(name, 'a size such as 64KiB', parseSize);
  }

  /** A duration such as `90s` or `1h30m`, in milliseconds. */
  durationParam(name: string): number {
    return this.#read(name, 'a duration such as 90s', parseGoDuration);
  }

  /** A JSON value; its type is not checked. */
  jsonParam<T = unknown>(name: string): T {
    return this.#read(name, 'JSON', (text) => (isJson(text) ? { json: JSON.parse(text) as T } : undefined))
      .json;
  }

  /** A JSON array of strings. */
  stringArrayParam(name: string): string[] {
    return this.#array(name, 'strings', (item) => (typeof item === 'string' ? item : undefined));
  }

  /** A JSON array of numbers. */
  numberArrayParam(name: string): number[] {
    return this.#array(name, 'numbers', (item) => (typeof item === 'number' ? item : undefined));
  }

  /** A JSON array of sizes, in bytes. */
  sizeArrayParam(name: string): number[] {
    return this.#array(name, 'sizes', (item) => parseSize(String(item)));
  }

  /** A JSON array of durations, in milliseconds. */
  durationArrayParam(name: string): number[] {
    return this.#array(name, 'durations', (item) => parseGoDuration(String(item)));
  }

  #array<T>(name: string, what: string, read: (item: unknown) => T | undefined): T[] {
    return this.#read(name, `a JSON array of ${what}`, (text) => {
      const json: unknown = isJson(text) ? JSON.parse(text) : undefined;
      if (!Array.isArray(json)) return undefined;
      const items = json.map(read);
      return items.includes(undefined) ? undefined : (items as T[]);
    });
  }

  #read<T>(name: string, what: string, parse: (text: string) => T | undefined): T {
    const text = this.stringParam(name);
    const value = parse(text);
    if (value === undefined) throw new ParamError(name, `must be ${what}, not ${JSON.stringify(text)}`);
    return value;
  }
}
