/** Installation sources of programs that plans often need. */
const sources: Readonly<Record<string, string>> = {
  cargo: 'https://rustup.rs',
  rustc: 'https://rustup.rs',
  rustup: 'https://rustup.rs',
  go: 'https://go.dev/dl',
  java: 'https://adoptium.net',
  node: 'https://nodejs.org',
  poetry: 'https://python-poetry.org/docs',
  python: 'https://www.python.org/downloads',
  python3: 'https://www.python.org/downloads',
  uv: 'https://docs.astral.sh/uv',
};

/** Advice for installing a missing program. */
export function howToInstall(program: string): string {
  const source = Object.hasOwn(sources, program) ? ` (${sources[program]})` : '';
  const other =
    program === 'python' ? ' Where it is called python3, write python3 in the manifest of the plan.' : '';
  return `Install ${program}${source}, or put it on PATH.${other}`;
}
