import { didYouMean } from '../util/suggest.ts';
import { truncate } from '../util/truncate.ts';
import { type Token, tokenize } from './lexer.ts';
import { readLiteral } from './literals.ts';
import type { Branch, Command, Node, Operand, Pipe, Template } from './nodes.ts';
import { TemplateProblem } from './problem.ts';

/**
 * Parses a template in the language of Go's text/template (https://pkg.go.dev/text/template).
 * @param functions the names that may be called.
 * @throws TemplateProblem for invalid input, with its position.
 */
export function parseTemplate(source: string, functions: ReadonlySet<string>): Template {
  return new Parser(tokenize(source), functions).template();
}

/** The keywords that may begin an action; any other action is a pipeline. */
const keywords = ['if', 'with', 'range', 'else', 'end', 'define', 'block', 'template', 'break', 'continue'];

/** Nodes up to an `else` or an `end`. */
interface Body {
  readonly nodes: readonly Node[];
  readonly ended: 'else' | 'end' | 'file';
  /** The position of the terminating action. */
  readonly at: number;
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #functions: ReadonlySet<string>;
  readonly #defined = new Map<string, readonly Node[]>();
  #next = 0;
  #variables = ['$'];
  #ranges = 0;

  constructor(tokens: readonly Token[], functions: ReadonlySet<string>) {
    this.#tokens = tokens;
    this.#functions = functions;
  }

  template(): Template {
    const { nodes, ended, at } = this.#body(true);
    if (ended !== 'file') throw new TemplateProblem(`unexpected {{${ended}}}`, at);
    return { body: nodes, defined: this.#defined };
  }

  /** @param outermost whether this is the top level, where templates may be defined. */
  #body(outermost: boolean): Body {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.#take();
      if (token.kind === 'end') return { nodes, ended: 'file', at: token.offset };
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', at: token.offset, text: token.text });
        continue;
      }
      const word = this.#keyword();
      if (word === 'else' || word === 'end') {
        if (word === 'end') this.#close('end');
        return { nodes, ended: word, at: token.offset };
      }
      if (word === 'define') this.#define(token.offset, outermost);
      else nodes.push(this.#action(word, token.offset));
    }
  }

  #action(word: string | undefined, at: number): Node {
    switch (word) {
      case 'if':
      case 'with':
      case 'range':
        return this.#branch(word, at);
      case 'block':
        return this.#block(at);
      case 'template':
        return this.#call(at);
      case 'break':
      case 'continue':
        this.#close(word);
        if (this.#ranges === 0) throw new TemplateProblem(`{{${word}}} is not in a range`, at);
        return { kind: word, at };
      default:
        return { kind: 'action', at, pipe: this.#pipe('action', 'close') };
    }
  }

  #branch(kind: Branch['kind'], at: number): Branch {
    const known = this.#variables.length;
    const pipe = this.#pipe(kind, 'close');
    if (kind === 'range') this.#ranges++;
    const { nodes: body, ended } = this.#body(false);
    if (kind === 'range') this.#ranges--;
    const otherwise = ended === 'else' ? this.#otherwise(kind, at) : [];
    if (ended === 'file') throw new TemplateProblem(`this {{${kind}}} has no {{end}}`, at);
    this.#variables.length = known;
    return { kind, at, pipe, body, otherwise };
  }

  /** Parses the nodes after an `else`: `{{else if}}` and `{{else with}}` share the end of the enclosing branch. */
  #otherwise(kind: Branch['kind'], at: number): readonly Node[] {
    const { offset } = this.#before();
    const word = this.#keyword();
    if (kind !== 'range' && word === kind) return [this.#branch(kind, offset)];
    if (word !== undefined) throw new TemplateProblem(`{{else ${word}}} does not match {{${kind}}}`, offset);
    this.#close('else');
    const { nodes, ended, at: endedAt } = this.#body(false);
    if (ended === 'else') throw new TemplateProblem('a second {{else}}', endedAt);
    if (ended === 'file') throw new TemplateProblem(`this {{${kind}}} has no {{end}}`, at);
    return nodes;
  }

  #define(at: number, outermost: boolean): void {
    if (!outermost) throw new TemplateProblem('a template can be defined only outside other actions', at);
    const name = this.#name('define');
    this.#close('define');
    this.#add(name, at, this.#definition('define', at));
  }

  #block(at: number): Node {
    const name = this.#name('block');
    const pipe = this.#pipe('block', 'close');
    this.#add(name, at, this.#definition('block', at));
    return { kind: 'call', at, name, pipe };
  }

  /** Parses the nodes of a template definition, which has its own variable scope. */
  #definition(word: string, at: number): readonly Node[] {
    const [variables, ranges] = [this.#variables, this.#ranges];
    this.#variables = ['$'];
    this.#ranges = 0;
    const { nodes, ended } = this.#body(false);
    if (ended !== 'end') throw new TemplateProblem(`this {{${word}}} has no {{end}}`, at);
    this.#variables = variables;
    this.#ranges = ranges;
    return nodes;
  }

  #add(name: string, at: number, nodes: readonly Node[]): void {
    const there = this.#defined.get(name);
    // An empty template can be replaced, and replaces none.
    if (there !== undefined && saysNothing(nodes)) return;
    if (there !== undefined && !saysNothing(there)) {
      throw new TemplateProblem(`the template "${name}" is defined twice`, at);
    }
    this.#defined.set(name, nodes);
  }

  #call(at: number): Node {
    const name = this.#name('template');
    const pipe = this.#peekPastSpace().kind === 'close' ? undefined : this.#pipe('template', 'close');
    if (pipe === undefined) this.#close('template');
    return { kind: 'call', at, name, pipe };
  }

  #name(word: string): string {
    const token = this.#takePastSpace();
    const name = token.kind === 'string' || token.kind === 'raw-string' ? readLiteral(token) : undefined;
    if (typeof name === 'string') return name;
    throw new TemplateProblem(`{{${word}}} needs a name in double quotes`, token.offset);
  }

  #pipe(context: string, end: 'close' | ')'): Pipe {
    const at = this.#peekPastSpace().offset;
    const { variables, assigns } = this.#declarations(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.#peekPastSpace();
      if (isEnd(token, end)) break;
      const command = this.#command();
      const [first] = command.operands;
      if (commands.length > 0 && (first.kind === 'literal' || first.kind === 'dot' || first.kind === 'nil')) {
        throw new TemplateProblem('no value can be piped into this: it is not a function', first.at);
      }
      commands.push(command);
    }
    const last = this.#take();
    if (this.#tokens[this.#next - 2]?.text === '|')
      throw new TemplateProblem('a command is missing after |', last.offset);
    if (commands.length === 0) throw new TemplateProblem(`a value is missing (${context})`, at);
    return { at, variables, assigns, commands };
  }

  /** `$x :=`, `$x =`, and in a range `$i, $x :=`. */
  #declarations(context: string): Pick<Pipe, 'variables' | 'assigns'> {
    const before = this.#next;
    const variables: string[] = [];
    for (;;) {
      const variable = this.#takePastSpace();
      const after = variable.kind === 'variable' ? this.#takePastSpace() : undefined;
      if (after?.text === ',' && context === 'range' && variables.length === 0) {
        variables.push(variable.text);
      } else if (after?.text === ':=' || after?.text === '=') {
        variables.push(variable.text);
        if (after.text === ':=') this.#variables.push(...variables);
        else for (const name of variables) this.#checkVariable(name, variable.offset);
        return { variables, assigns: after.text === '=' };
      } else if (variables.length > 0) {
        throw new TemplateProblem('expected a second variable and :=', variable.offset);
      } else {
        this.#next = before;
        return { variables: [], assigns: false };
      }
    }
  }

  #command(): Command {
    const at = this.#peekPastSpace().offset;
    const operands: Operand[] = [];
    for (;;) {
      const token = this.#peekPastSpace();
      if (token.kind === 'close' || token.text === ')') break;
      if (token.text === '|' && token.kind === 'symbol') {
        this.#take();
        break;
      }
      operands.push(this.#operand());
      const after = this.#peek();
      const fits =
        after.kind === 'space' || after.kind === 'close' || after.text === '|' || after.text === ')';
      if (!fits) throw new TemplateProblem(`unexpected ${describe(after)}`, after.offset);
    }
    const [first, ...others] = operands;
    if (first === undefined) throw new TemplateProblem('a command is missing before |', at);
    return { at, operands: [first, ...others] };
  }

  #operand(): Operand {
    const term = this.#term();
    const path: string[] = [];
    while (this.#peek().kind === 'field') path.push(this.#take().text.slice(1));
    if (path.length === 0) return term;
    if (term.kind === 'field' || term.kind === 'variable') return { ...term, path: [...term.path, ...path] };
    if (term.kind === 'literal' || term.kind === 'dot' || term.kind === 'nil') {
      throw new TemplateProblem(`this has no field .${path[0]}`, term.at);
    }
    return { kind: 'chain', at: term.at, of: term, path };
  }

  #term(): Operand {
    const token = this.#take();
    const { kind, text, offset: at } = token;
    if (kind === 'dot') return { kind: 'dot', at };
    if (kind === 'field') return { kind: 'field', at, path: [text.slice(1)] };
    if (kind === 'variable') {
      this.#checkVariable(text, at);
      return { kind: 'variable', at, name: text, path: [] };
    }
    if (kind === 'word') return this.#word(token);
    if (text === '(') return { kind: 'pipe', at, pipe: this.#pipe('parenthesis', ')') };
    if (kind === 'number' || kind === 'character' || kind === 'string' || kind === 'raw-string') {
      return { kind: 'literal', at, value: readLiteral(token) };
    }
    throw new TemplateProblem(`unexpected ${describe(token)}`, at);
  }

  #word({ text, offset: at }: Token): Operand {
    if (text === 'nil') return { kind: 'nil', at };
    if (text === 'true' || text === 'false') return { kind: 'literal', at, value: text === 'true' };
    if (keywords.includes(text)) throw new TemplateProblem(`unexpected ${text}`, at);
    if (this.#functions.has(text)) return { kind: 'function', at, name: text };
    const hint = didYouMean(text, this.#functions, 'function');
    throw new TemplateProblem(`there is no function "${text}"`, at, hint);
  }

  #checkVariable(name: string, at: number): void {
    if (this.#variables.includes(name)) return;
    throw new TemplateProblem(`the variable ${name} is not defined here`, at);
  }

  /** Consumes the next token if it is a keyword, and returns it; otherwise returns undefined. */
  #keyword(): string | undefined {
    const token = this.#peekPastSpace();
    if (token.kind !== 'word' || !keywords.includes(token.text)) return undefined;
    return this.#takePastSpace().text;
  }

  #close(word: string): void {
    const token = this.#takePastSpace();
    if (token.kind !== 'close')
      throw new TemplateProblem(`unexpected ${describe(token)} after ${word}`, token.offset);
  }

  #peek(): Token {
    const token = this.#tokens[this.#next] ?? this.#tokens.at(-1);
    if (token === undefined) throw new Error('a template has at least its end');
    return token;
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }

  #peekPastSpace(): Token {
    if (this.#peek().kind === 'space') this.#next++;
    return this.#peek();
  }

  #takePastSpace(): Token {
    this.#peekPastSpace();
    return this.#take();
  }

  #before(): Token {
    return this.#tokens[this.#next - 1] ?? this.#peek();
  }
}

function saysNothing(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
}

function isEnd(token: Token, end: 'close' | ')'): boolean {
  if (token.kind === 'close' && end === ')')
    throw new TemplateProblem('a parenthesis is not closed', token.offset);
  return end === 'close' ? token.kind === 'close' : token.kind === 'symbol' && token.text === ')';
}

function describe({ kind, text }: Token): string {
  if (kind === 'close') return 'end of the action';
  return kind === 'end' ? 'end of the file' : JSON.stringify(truncate(text, 40));
}
