/** Shorter parts of a URL than so many characters are no secrets: to hide them would make a message unreadable. */
const shortestSecret = 3;

/**
 * A server's URL as it may be printed and kept: scheme, host and port. User, password, path, query and fragment may hold
 * a password or a token.
 * @param url one that the URL parser takes.
 */
export function redactUrl(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/** A URL in a line: user and password, up to the last `@`, the host with its port, and what is behind it, up to a quote. */
const urlInLine = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)([^\n]*@)?([^\s"'<>/?#\\@]*)([^\n"'<>]*)/gi;

/**
 * A text that quotes what a person wrote, with every URL in it cut down to scheme, host and port, whether the URL parser
 * takes it or not: a password that is not percent-encoded may hold anything.
 */
export function redactUrls(text: string): string {
  return text.replaceAll(
    urlInLine,
    (_, scheme: string, user: string | undefined, host: string, rest: string) =>
      `${scheme}${host}${user === undefined && rest === '' ? '' : '/…'}`,
  );
}

/** What somebody else says of a server, with all that its URL holds beside scheme, host and port as `***`. */
export function withoutUrlSecrets(said: string, url: string): string {
  const secrets = secretsOf(new URL(url)).filter(({ length }) => length >= shortestSecret);
  // The longest first: one may be a part of another.
  const inOrder = [...new Set(secrets)].sort((a, b) => b.length - a.length);
  return inOrder.reduce((text, secret) => text.replaceAll(secret, '***'), said);
}

function secretsOf({ username, password, pathname, search, hash, searchParams }: URL): string[] {
  const [user, word] = [decoded(username), decoded(password)];
  const basic = Buffer.from(`${user}:${word}`).toString('base64');
  const path = pathname.replace(/\/$/, '');
  return [username, password, user, word, basic, path, decoded(path), search, hash, ...searchParams.values()];
}

/** A percent-encoded part as it was before; as it is where it is not encoded well. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
