import type { GoValue } from './values.ts';

/** A node of a parsed template, with its position. */
export type Node =
  | { readonly kind: 'text'; readonly at: number; readonly text: string }
  | { readonly kind: 'action'; readonly at: number; readonly pipe: Pipe }
  | Branch
  | { readonly kind: 'call'; readonly at: number; readonly name: string; readonly pipe: Pipe | undefined }
  | { readonly kind: 'break' | 'continue'; readonly at: number };

/** The nodes to execute if the value is not empty, and otherwise. */
export interface Branch {
  readonly kind: 'if' | 'with' | 'range';
  readonly at: number;
  readonly pipe: Pipe;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

/** `$x := a b | c d` */
export interface Pipe {
  readonly at: number;
  /** The variables that receive its value, with their `$`. */
  readonly variables: readonly string[];
  /** Whether it assigns to existing variables. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

/** A value, or a function with its arguments. */
export interface Command {
  readonly at: number;
  readonly operands: readonly [Operand, ...Operand[]];
}

export type Operand =
  | { readonly kind: 'dot' | 'nil'; readonly at: number }
  | { readonly kind: 'literal'; readonly at: number; readonly value: GoValue }
  | { readonly kind: 'function'; readonly at: number; readonly name: string }
  | { readonly kind: 'field'; readonly at: number; readonly path: readonly string[] }
  | {
      readonly kind: 'variable';
      readonly at: number;
      readonly name: string;
      readonly path: readonly string[];
    }
  | { readonly kind: 'chain'; readonly at: number; readonly of: Operand; readonly path: readonly string[] }
  | { readonly kind: 'pipe'; readonly at: number; readonly pipe: Pipe };

/** A parsed template: its own nodes, and the templates that it defines, by name. */
export interface Template {
  readonly body: readonly Node[];
  readonly defined: ReadonlyMap<string, readonly Node[]>;
}
