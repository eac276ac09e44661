import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRedisUrl, shownRedis } from '../../src/sync/redis-url.ts';
import { redactUrl, redactUrls, withoutUrlSecrets } from '../../src/util/redact-url.ts';

/** Any password, long enough to be distinguished from other text. */
const secret = fc.string({ minLength: 6, maxLength: 20 }).map((text) => `s3cr3t${text}`);

function refusalOf(url: string): string {
  try {
    readRedisUrl(url, '--redis');
    return 'it is taken';
  } catch (error) {
    return (error as { describe(): string }).describe();
  }
}

describe('a Redis URL', () => {
  test.each([
    ['redis://', 'redis://127.0.0.1:6379'],
    ['redis://cache', 'redis://cache:6379'],
    ['REDIS://cache:1234/', 'redis://cache:1234'],
    ['rediss://me:pass%40word@cache:1234/5', 'rediss://cache:1234/5'],
    ['redis://[::1]:1234/0', 'redis://[::1]:1234'],
    ['redis://cache?db=3', 'redis://cache:6379/3'],
    ['redis://cache/?password=s3cr3t&username=me', 'redis://cache:6379'],
  ])('%s is shown as %s', (url, shown) => {
    expect(shownRedis(readRedisUrl(url))).toBe(shown);
  });

  test('has its decoded user and password, from the authority or the query', () => {
    expect(readRedisUrl('redis://me:pass%40word@cache/2')).toEqual({
      host: 'cache',
      port: 6379,
      tls: false,
      username: 'me',
      password: 'pass@word',
      db: 2,
    });
    expect(readRedisUrl('redis://[::1]?password=a%20b')).toMatchObject({ host: '::1', password: 'a b' });
    expect(readRedisUrl('redis://:word@cache')).toMatchObject({ username: undefined, password: 'word' });
  });

  test.each([
    ['redis-sentinel://s3cr3t@a:26379,b:26379/m', 'tg does not support Redis Sentinel'],
    ['redis+sentinel://:s3cr3t@a', 'tg does not support Redis Sentinel'],
    ['redis+cluster://s3cr3t@a', 'tg cannot use a Redis Cluster: the keys of a run must be on one server'],
    ['rediss+cluster://s3cr3t@a', 'tg cannot use a Redis Cluster: the keys of a run must be on one server'],
    ['unix:///run/s3cr3t.sock', 'tg cannot use a Redis over a Unix socket: SDKs must reach it too'],
    ['redis-socket:///s3cr3t.sock', 'tg cannot use a Redis over a Unix socket: SDKs must reach it too'],
    ['/run/s3cr3t.sock', 'tg cannot use a Redis over a Unix socket: SDKs must reach it too'],
    ['valkey://s3cr3t@a', 'not a Redis URL: unknown scheme valkey://'],
    ['http://s3cr3t@a', 'not a Redis URL'],
    ['redis:s3cr3t@a', 'not a Redis URL'],
    ['redis://me:s3/cr3t@a', 'not a Redis URL'],
    ['redis://s3/cr3t@a', 'the database in a Redis URL must be a number'],
    ['redis://me:#s3cr3t@a', 'a Redis URL cannot have a fragment'],
    ['redis://a/0#s3cr3t', 'a Redis URL cannot have a fragment'],
    ['redis://a?s3cr3t=x', 'a Redis URL cannot have options except username, password, db'],
    ['redis://a?keyPrefix=s3cr3t', 'a Redis URL cannot have options except username, password, db'],
    ['redis://a/s3cr3t', 'the database in a Redis URL must be a number'],
    ['redis://a/-1', 'the database in a Redis URL must be a number'],
    ['redis://me:s3cr3t%@a', 'the user or password in the Redis URL is not percent-encoded correctly'],
    ['redis://me:s3cr3t%ff@a', 'the user or password in the Redis URL is not percent-encoded correctly'],
    ['', 'not a Redis URL'],
  ])('%s is refused with a message that does not quote its secrets', (url, text) => {
    const said = refusalOf(url);
    expect(said.split('\n')[0]).toBe(`--redis: ${text}`);
    expect(said).not.toMatch(/s3|cr3t/);
  });
});

describe('URLs in output', () => {
  test('property: a shown Redis has neither user nor password, wherever they stand in its URL', () => {
    const places = [
      (word: string) => `redis://me:${encodeURIComponent(word)}@cache:1234/1`,
      (word: string) => `redis://${encodeURIComponent(word)}@cache:1234/1`,
      (word: string) => `redis://cache:1234/1?password=${encodeURIComponent(word)}`,
      (word: string) => `redis://cache:1234/1?username=${encodeURIComponent(word)}`,
    ];
    fc.assert(
      fc.property(secret, fc.constantFrom(...places), (word, place) => {
        expect(shownRedis(readRedisUrl(place(word)))).toBe('redis://cache:1234/1');
      }),
    );
  });

  test('property: a redacted text has no password of a URL, wherever it stands', () => {
    const places = [
      (word: string) => `redis://me:${word}@cache:1234/1`,
      (word: string) => `redis://me:${encodeURIComponent(word)}@cache:1234/1`,
      (word: string) => `https://${word}@influx:8086`,
      (word: string) => `http://otlp:4318/${word}/v1/traces`,
      (word: string) => `http://influx:8086/?u=me&p=${word}`,
      (word: string) => `http://influx:8086/#${word}`,
    ];
    const oneLine = secret.map((text) => text.replaceAll(/["'<>\n]/g, ''));
    fc.assert(
      fc.property(oneLine, fc.constantFrom(...places), (word, place) => {
        expect(redactUrls(`redis = "${place(word)}"`)).not.toContain('s3cr3t');
      }),
    );
  });

  test('a redacted URL in a text keeps scheme, host and port, and shows that there was more', () => {
    expect(redactUrls('at "redis://me:pw@a:1/2", and http://b')).toBe('at "redis://a:1/…", and http://b');
    expect(redactUrls('no URL: a/b@c')).toBe('no URL: a/b@c');
    expect(redactUrl('https://me:pw@influx/path?x#y')).toBe('https://influx');
  });

  test('property: secrets that a server echoes from its URL are removed, encoded or not', () => {
    fc.assert(
      fc.property(secret, (word) => {
        const encoded = encodeURIComponent(word);
        const url = `http://me:${encoded}@h:1/p/${encoded}?t=${encoded}`;
        const { password, pathname, search } = new URL(url);
        const basic = Buffer.from(`me:${word}`).toString('base64');
        const echoed = `no ${word} ${password} ${pathname} ${search} ${basic}`;
        expect(withoutUrlSecrets(echoed, url)).toBe('no *** *** *** *** ***');
      }),
    );
  });
});
