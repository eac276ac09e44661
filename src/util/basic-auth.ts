/**
 * The Basic authentication header (RFC 7617) for the user and password of a URL; empty if it has neither.
 * @throws URIError for invalid percent-encoding.
 */
export function basicAuth({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}
