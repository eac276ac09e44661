/** Shorter parts of a URL, in characters, do not count as secrets: hiding them would make a message unreadable. */
const shortestSecret = 3;

/**
 * A server's URL that is safe to print and store: scheme, host and port. User, password, path, query and fragment may
 * contain a password or a token.
 * @param url accepted by the URL parser.
 */
export function redactUrl(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/** A URL in a line: user and password, up to the last `@`, host and port, and the rest up to a quote. */
const urlInLine = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)([^\n]*@)?([^\s"'<>/?#\\@]*)([^\n"'<>]*)/gi;

/**
 * Reduces every URL in a user's text to scheme, host and port, even if the URL parser rejects it: a password that is
 * not percent-encoded may contain anything.
 */
export function redactUrls(text: string): string {
  return text.replaceAll(
    urlInLine,
    (_, scheme: string, user: string | undefined, host: string, rest: string) =>
      `${scheme}${host}${user === undefined && rest === '' ? '' : '/…'}`,
  );
}

/** Replaces all parts of a URL except scheme, host and port with `***` in a message from another program. */
export function withoutUrlSecrets(said: string, url: string): string {
  const secrets = secretsOf(new URL(url)).filter(({ length }) => length >= shortestSecret);
  // Longest first: one may be a part of another.
  const inOrder = [...new Set(secrets)].sort((a, b) => b.length - a.length);
  return inOrder.reduce((text, secret) => text.replaceAll(secret, '***'), said);
}

function secretsOf({ username, password, pathname, search, hash, searchParams }: URL): string[] {
  const [user, word] = [decoded(username), decoded(password)];
  const basic = Buffer.from(`${user}:${word}`).toString('base64');
  const path = pathname.replace(/\/$/, '');
  return [username, password, user, word, basic, path, decoded(path), search, hash, ...searchParams.values()];
}

/** Decodes a percent-encoded part; returns it unchanged if the encoding is invalid. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
