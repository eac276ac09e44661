/**
 * The header that says who asks (RFC 7617), from the user and password of a URL; none where it has neither.
 * @throws URIError for what is not percent-encoded well.
 */
export function basicAuth({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}
