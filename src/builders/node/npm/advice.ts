/** Error patterns of package managers, with the advice made from their groups. */
const advices: readonly (readonly [RegExp, (found: readonly (string | undefined)[]) => string])[] = [
  [
    /git@|git\+|git:\/\/|\bgit (?:clone|ls-remote|fetch)|^(?:npm error |\s)*fatal: /m,
    () => 'A package comes from a git repository: it must be reachable from this machine without a password.',
  ],
  [
    /No matching version found for ((?:@[\w.-]+\/)?[\w.-]+)@|Couldn't find any versions for "([^"]+)"|(\S+)@npm:\S+: No candidates found/,
    (found) => {
      const name = found.find((group) => group !== undefined);
      return `There is no such version of ${name}: correct it in package.json. npm view ${name} versions lists those that exist.`;
    },
  ],
  [
    /code E404|ERR_PNPM_FETCH_404|Request failed "404 |error \S*: Not found|YN0035: .*not found/,
    () =>
      'The registry does not have that package: correct its name in package.json. A private one needs its registry in .npmrc.',
  ],
  [
    /code E40[13]|ERR_PNPM_FETCH_40[13]|Request failed "40[13] |code ENEEDAUTH/,
    () => 'The registry denies access to that package: check the registry and the credentials in .npmrc.',
  ],
  [
    /in sync|ERR_PNPM_OUTDATED_LOCKFILE|[Ll]ockfile (?:needs to be updated|would have been modified)/,
    () => 'The lock file does not match package.json: install once in the plan’s folder to update it.',
  ],
  [
    /code ERESOLVE/,
    () => 'The package versions conflict: correct them, or put legacy-peer-deps=true into .npmrc.',
  ],
  [
    /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT)\b/,
    () => 'The registry cannot be reached: check the registry and the proxy in .npmrc.',
  ],
];

/** Advice for the output of a package manager. */
export function npmAdvice(said: string): string {
  const own = 'A node_modules that you install in the plan’s folder is used as is.';
  for (const [pattern, advice] of advices) {
    const found = pattern.exec(said);
    if (found !== null) return `${advice(found.slice(1))}\n${own}`;
  }
  return own;
}
