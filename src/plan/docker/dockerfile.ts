import * as z from 'zod';
import { shellWords } from '../../util/shell-words.ts';

/** A stage of a Dockerfile, with variables expanded. */
export interface Stage {
  readonly name: string | undefined;
  /** The base image or stage. */
  readonly image: string;
  readonly steps: readonly Step[];
}

/** A step of a stage, in order. */
export type Step =
  | { readonly kind: 'run'; readonly dir: string; readonly line: string }
  | {
      readonly kind: 'copy';
      readonly from: string | undefined;
      readonly sources: readonly string[];
      readonly to: string;
    }
  | { readonly kind: 'env'; readonly name: string };

/** The parts of a Dockerfile that say how a plan is built and started. */
export interface Dockerfile {
  readonly stages: readonly Stage[];
  /** The command line that starts an instance; undefined if there is none, or it needs a shell. */
  readonly start: readonly string[] | undefined;
  /** The working directory of the last stage. */
  readonly dir: string;
}

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/**
 * Parses a Dockerfile.
 * @param buildArgs the values of its ARGs given from outside.
 */
export function readDockerfile(text: string, buildArgs: Readonly<Record<string, string>>): Dockerfile {
  const reading = new Reading(buildArgs);
  for (const instruction of instructionsOf(text)) reading.take(instruction);
  return reading.result();
}

/** Splits a Dockerfile into instructions, joining continued lines and dropping comments. */
function instructionsOf(text: string): Instruction[] {
  const lines = text.replaceAll('\r', '').split('\n');
  const whole = lines
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\[ \t]*\n(?:[ \t]*\n)*/g, ' ');
  return whole
    .split('\n')
    .map((line) => /^\s*([A-Za-z]+)\s+(.*)$/.exec(line))
    .filter((found) => found !== null)
    .map(([, name = '', rest = '']) => ({ name: name.toUpperCase(), rest: rest.trim() }));
}

interface StageSoFar extends Stage {
  readonly steps: Step[];
  readonly variables: Map<string, string>;
  dir: string;
}

/** The parser state. */
class Reading {
  readonly #buildArgs: Readonly<Record<string, string>>;
  /** ARGs before the first stage apply to image names only. */
  readonly #global = new Map<string, string>();
  readonly #stages: StageSoFar[] = [];
  #entrypoint: string | undefined;
  #cmd: string | undefined;

  constructor(buildArgs: Readonly<Record<string, string>>) {
    this.#buildArgs = buildArgs;
  }

  take({ name, rest }: Instruction): void {
    const stage = this.#stages.at(-1);
    if (name === 'FROM') this.#begin(rest);
    else if (name === 'ARG') this.#define(rest);
    else if (stage === undefined) return;
    else if (name === 'ENV') this.#setEnv(rest, stage);
    else if (name === 'WORKDIR') stage.dir = below(stage.dir, this.#expand(rest));
    else if (name === 'RUN')
      stage.steps.push({ kind: 'run', dir: stage.dir, line: this.#expand(withoutFlags(rest)) });
    else if (name === 'COPY' || name === 'ADD') this.#copy(rest, stage);
    else if (name === 'ENTRYPOINT') this.#entrypoint = this.#expand(rest);
    else if (name === 'CMD') this.#cmd = this.#expand(rest);
  }

  #begin(rest: string): void {
    const [, image = '', name] =
      /^(?:--\S+\s+)*(\S+)(?:\s+as\s+(\S+))?/i.exec(expand(rest, this.#global)) ?? [];
    const before = this.#stages.find((stage) => stage.name === image.toLowerCase());
    this.#stages.push({
      name: name?.toLowerCase(),
      image,
      steps: [...(before?.steps ?? [])],
      variables: new Map(before?.variables),
      dir: before?.dir ?? '/',
    });
    if (before === undefined) [this.#entrypoint, this.#cmd] = [undefined, undefined];
  }

  #define(rest: string): void {
    const stage = this.#stages.at(-1);
    for (const word of shellWords(rest) ?? []) {
      const [, name = '', , value] = /^(\w+)(=(.*))?$/s.exec(word) ?? [];
      const given = this.#buildArgs[name] ?? (value === undefined ? undefined : this.#expand(value));
      const known = given ?? (stage && this.#global.get(name));
      if (known !== undefined) (stage?.variables ?? this.#global).set(name, known);
    }
  }

  #setEnv(rest: string, { steps, variables }: StageSoFar): void {
    const old = /^(\w+)\s+([^=].*)$/s.exec(rest);
    const pairs = old === null ? (shellWords(rest) ?? []) : [`${old[1]}=${old[2]}`];
    for (const pair of pairs) {
      const [, name, value = ''] = /^(\w+)=(.*)$/s.exec(pair) ?? [];
      if (name === undefined) continue;
      variables.set(name, this.#expand(value));
      steps.push({ kind: 'env', name });
    }
  }

  #copy(rest: string, stage: StageSoFar): void {
    const from = /--from=(\S+)/.exec(rest)?.[1];
    const words = listOf(this.#expand(withoutFlags(rest)));
    const to = words?.at(-1);
    if (words === undefined || to === undefined) return;
    stage.steps.push({ kind: 'copy', from, sources: words.slice(0, -1), to: below(stage.dir, to) });
  }

  #expand(text: string): string {
    return expand(text, this.#stages.at(-1)?.variables ?? this.#global);
  }

  result(): Dockerfile {
    const dir = this.#stages.at(-1)?.dir ?? '/';
    return { stages: this.#stages, start: startOf(this.#entrypoint, this.#cmd), dir };
  }
}

function withoutFlags(rest: string): string {
  return rest.replace(/^(?:--\S+\s+)+/, '');
}

/** Expands variables; expressions that need a shell are left unchanged. */
function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))/g,
    (as, braced: string | undefined, otherwise: string | undefined, plain: string | undefined) =>
      variables.get(braced ?? plain ?? '') ?? otherwise ?? as,
  );
}

const listSchema = z.array(z.string());

/** The words of a JSON list or of a line. */
function listOf(text: string): string[] | undefined {
  if (!text.startsWith('[')) return shellWords(text);
  try {
    return listSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The command line of ENTRYPOINT, or of CMD, or of both if CMD only has the arguments. */
function startOf(entrypoint: string | undefined, cmd: string | undefined): readonly string[] | undefined {
  const isShell = entrypoint !== undefined && !entrypoint.startsWith('[');
  const lists = [entrypoint, isShell ? undefined : cmd].filter((text) => text !== undefined).map(plainWords);
  if (lists.length === 0 || lists.some((list) => list === undefined)) return undefined;
  return lists.flatMap((list) => list ?? []);
}

/** The words of a line that needs no shell; undefined otherwise. */
function plainWords(text: string): string[] | undefined {
  const words = listOf(text);
  if (words === undefined) return undefined;
  if (!text.startsWith('[') && /[|&;<>`(){}*?]/.test(text)) return undefined;
  const [first, second, line, ...rest] = words;
  if (/^(?:\/bin\/)?(?:ba|da)?sh$/.test(first ?? '') && second === '-c' && line !== undefined)
    return rest.length === 0 ? plainWords(line.trim().startsWith('[') ? '' : line) : undefined;
  if (words.some((word) => word.includes('$'))) return undefined;
  return first === 'exec' ? words.slice(1) : words;
}

/** Joins paths inside an image. */
function below(dir: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${dir}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** Joins paths inside an image. */
export { below as pathInImage };
