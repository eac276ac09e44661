import { printed } from './format.ts';
import { builtins, type TemplateFunction } from './functions.ts';
import type { Branch, Command, Node, Operand, Pipe, Template } from './nodes.ts';
import { TemplateProblem } from './problem.ts';
import { type GoValue, isArray, isTrue, kindOf, sortedEntries } from './values.ts';

/** The output of a template, and its origin. */
export interface Rendered {
  readonly text: string;
  /** The pieces of the output: the start of each in the output, and the start of its source in the template. */
  readonly pieces: readonly { readonly to: number; readonly from: number; readonly copied: boolean }[];
}

/** The limit on output, in characters; more is treated as a mistake. */
const maxTextCharacters = 16 * 1024 * 1024;
/** The limit on steps; more is treated as a mistake, because nothing can interrupt a template. */
const maxSteps = 5_000_000;
/** The limit on nested template calls. */
const deepest = 500;

/**
 * Executes a template.
 * @param data the initial value of `.`.
 * @param own functions besides the built-in ones.
 * @throws TemplateProblem with its position.
 */
export function evaluate(
  template: Template,
  data: GoValue,
  own: ReadonlyMap<string, TemplateFunction>,
): Rendered {
  const evaluation = new Evaluation(template, own);
  evaluation.run(template.body, data);
  return { text: evaluation.texts.join(''), pieces: evaluation.pieces };
}

interface Variable {
  readonly name: string;
  value: GoValue;
}

/** Passed to a command that receives no piped value. */
const nothing = Symbol('nothing');
type Passed = GoValue | typeof nothing;
type Flow = 'on' | 'break' | 'continue';

class Evaluation {
  readonly texts: string[] = [];
  readonly pieces: Rendered['pieces'][number][] = [];
  readonly #template: Template;
  readonly #own: ReadonlyMap<string, TemplateFunction>;
  #variables: Variable[] = [];
  #length = 0;
  #depth = 0;
  #steps = 0;

  constructor(template: Template, own: ReadonlyMap<string, TemplateFunction>) {
    this.#template = template;
    this.#own = own;
  }

  /** Executes nodes with their own `.` and `$`. */
  run(nodes: readonly Node[], data: GoValue): void {
    const outer = this.#variables;
    this.#variables = [{ name: '$', value: data }];
    this.#walk(nodes, data);
    this.#variables = outer;
  }

  #walk(nodes: readonly Node[], dot: GoValue): Flow {
    for (const node of nodes) {
      const flow = this.#node(node, dot);
      if (flow !== 'on') return flow;
    }
    return 'on';
  }

  #step(at: number): void {
    if (++this.#steps > maxSteps)
      throw new TemplateProblem('the template takes more than five million steps', at);
  }

  #node(node: Node, dot: GoValue): Flow {
    this.#step(node.at);
    switch (node.kind) {
      case 'text':
        this.#write(node.text, node.at, true);
        return 'on';
      case 'action': {
        const value = this.#pipe(node.pipe, dot);
        if (node.pipe.variables.length === 0) this.#write(printed(value), node.at, false);
        return 'on';
      }
      case 'call':
        this.#call(node, dot);
        return 'on';
      case 'break':
      case 'continue':
        return node.kind;
      default:
        return this.#branch(node, dot);
    }
  }

  #write(text: string, from: number, copied: boolean): void {
    this.pieces.push({ to: this.#length, from, copied });
    this.texts.push(text);
    this.#length += text.length;
    if (this.#length > maxTextCharacters)
      throw new TemplateProblem('the template writes more than 16 MiB', from);
  }

  #call({ name, pipe, at }: Extract<Node, { kind: 'call' }>, dot: GoValue): void {
    const nodes = this.#template.defined.get(name);
    if (nodes === undefined) throw new TemplateProblem(`there is no template "${name}"`, at);
    if (++this.#depth > deepest)
      throw new TemplateProblem(`the template "${name}" never stops calling itself`, at);
    this.run(nodes, pipe === undefined ? undefined : this.#pipe(pipe, dot));
    this.#depth--;
  }

  #branch(node: Branch, dot: GoValue): Flow {
    const known = this.#variables.length;
    const value = this.#pipe(node.pipe, dot);
    let flow: Flow = 'on';
    if (node.kind === 'range') flow = this.#range(node, value, dot);
    else if (isTrue(value)) flow = this.#walk(node.body, node.kind === 'with' ? value : dot);
    else flow = this.#walk(node.otherwise, dot);
    this.#variables.length = known;
    return flow;
  }

  #range(node: Branch, value: GoValue, dot: GoValue): Flow {
    const known = this.#variables.length;
    let empty = true;
    for (const [key, element] of entriesOf(value, node)) {
      empty = false;
      this.#step(node.at);
      this.#setRangeVariables(node.pipe, key, element);
      const flow = this.#walk(node.body, element);
      this.#variables.length = known;
      if (flow === 'break') break;
    }
    return empty ? this.#walk(node.otherwise, dot) : 'on';
  }

  /** A single variable is the element; of two, the first is the key. */
  #setRangeVariables({ variables, at }: Pipe, key: GoValue, element: GoValue): void {
    const [first, second] = variables;
    if (first !== undefined) this.#variable(first, at).value = second === undefined ? element : key;
    if (second !== undefined) this.#variable(second, at).value = element;
  }

  #variable(name: string, at: number): Variable {
    const found = this.#variables.findLast((variable) => variable.name === name);
    if (found === undefined) throw new TemplateProblem(`the variable ${name} is not defined here`, at);
    return found;
  }

  #pipe(pipe: Pipe, dot: GoValue): GoValue {
    let value: Passed = nothing;
    for (const command of pipe.commands) value = this.#command(command, dot, value);
    const result = value === nothing ? undefined : value;
    for (const name of pipe.variables) {
      if (pipe.assigns) this.#variable(name, pipe.at).value = result;
      else this.#variables.push({ name, value: result });
    }
    return result;
  }

  #command({ operands }: Command, dot: GoValue, passed: Passed): GoValue {
    const [first, ...args] = operands;
    if (first.kind === 'function') return this.#function(first, args, dot, passed);
    const extra = args[0];
    if (extra !== undefined || passed !== nothing) {
      throw new TemplateProblem('this is not a function and takes no argument', extra?.at ?? first.at);
    }
    if (first.kind === 'nil') throw new TemplateProblem('nil alone is not a command', first.at);
    return this.#operand(first, dot);
  }

  #operand(operand: Operand, dot: GoValue): GoValue {
    switch (operand.kind) {
      case 'dot':
        return dot;
      case 'nil':
        return undefined;
      case 'literal':
        return operand.value;
      case 'field':
        return fieldOf(dot, operand.path, operand.at);
      case 'variable':
        return fieldOf(this.#variable(operand.name, operand.at).value, operand.path, operand.at);
      case 'chain':
        return fieldOf(this.#operand(operand.of, dot), operand.path, operand.at);
      case 'pipe':
        return this.#pipe(operand.pipe, dot);
      case 'function':
        return this.#function(operand, [], dot, nothing);
    }
  }

  #function(
    { name, at }: Extract<Operand, { kind: 'function' }>,
    operands: readonly Operand[],
    dot: GoValue,
    passed: Passed,
  ): GoValue {
    const its = this.#own.get(name) ?? builtins.get(name);
    if (its === undefined) throw new TemplateProblem(`there is no function "${name}"`, at);
    checkCount(name, its, operands.length + (passed === nothing ? 0 : 1), at);
    const args: GoValue[] = [];
    for (const operand of operands) {
      const value = this.#operand(operand, dot);
      // Short-circuits: the remaining arguments are not evaluated.
      if ((name === 'and' && !isTrue(value)) || (name === 'or' && isTrue(value))) return value;
      args.push(value);
    }
    if (passed !== nothing) args.push(passed);
    try {
      return its.call(args);
    } catch (error) {
      if (!(error instanceof TemplateProblem)) throw error;
      throw new TemplateProblem(`${name}: ${error.message.replace(`${name}: `, '')}`, at, error.hint);
    }
  }
}

function checkCount(name: string, { takes: [min, max] }: TemplateFunction, given: number, at: number): void {
  if (given >= min && given <= max) return;
  const wanted = min === max ? `${min}` : given < min ? `at least ${min}` : `at most ${max}`;
  throw new TemplateProblem(
    `${name} takes ${wanted} argument${wanted.endsWith(' 1') || wanted === '1' ? '' : 's'}, not ${given}`,
    at,
  );
}

function fieldOf(value: GoValue, path: readonly string[], at: number): GoValue {
  return path.reduce((of, name) => {
    if (of === undefined) return undefined;
    if (typeof of === 'object' && !isArray(of)) {
      if (of.kind === 'map') return of.entries.get(name);
      if (of.kind === 'struct' && of.fields.has(name)) return of.fields.get(name);
      if (of.kind === 'struct') {
        const known = [...of.fields.keys()].map((field) => `.${field}`).join(', ');
        throw new TemplateProblem(`there is no .${name} here`, at, `There is ${known}.`);
      }
    }
    throw new TemplateProblem(`there is no .${name} in a value of type ${kindOf(of)}`, at);
  }, value);
}

function* entriesOf(value: GoValue, { pipe }: Branch): Iterable<readonly [GoValue, GoValue]> {
  if (value === undefined) return;
  if (isArray(value)) yield* value.map((element, index) => [BigInt(index), element] as const);
  else if (typeof value === 'object' && value.kind === 'map') yield* sortedEntries(value);
  else if (typeof value === 'bigint' && pipe.variables.length < 2) {
    for (let at = 0n; at < value; at++) yield [undefined, at];
  } else {
    const two = typeof value === 'bigint' ? ' with two variables' : '';
    throw new TemplateProblem(`cannot range over a value of type ${kindOf(value)}${two}`, pipe.at);
  }
}
