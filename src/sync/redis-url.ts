import { TgError } from '../util/errors.ts';

/** Address and credentials of a Redis server. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** The database number. */
  readonly db: number;
}

const defaultRedisPort = 6379;
/** The supported query parameters. Others would be silently dropped, or be read as options by a client library. */
const options = ['username', 'password', 'db'];
const forms = 'redis://host:port/database, or rediss://user:password@host:port/database with TLS';

/**
 * Parses a Redis URL. Error messages never quote it: it may contain a password.
 * @param where the source of the URL, for messages.
 * @throws TgError (usage) for an invalid URL, and for Sentinel, cluster and Unix socket addresses, which tg does not
 * support.
 */
export function readRedisUrl(url: string, where?: string): RedisAddress {
  const refuse = (message: string, hint = `Write ${forms}.`) =>
    new TgError('usage', message, { where, hint });
  const unusable = unusableForm(url);
  if (unusable !== undefined) throw refuse(unusable.message, unusable.hint);
  if (!/^rediss?:\/\//i.test(url) || !URL.canParse(url)) {
    throw refuse(
      'not a Redis URL',
      `Write ${forms}. In user and password, percent-encode all characters except letters and digits.`,
    );
  }
  const { protocol, hostname, port, username, password, pathname, searchParams, hash } = new URL(url);
  if (hash !== '')
    throw refuse('a Redis URL cannot have a fragment', 'Write %23 for a # in user and password.');
  if ([...searchParams.keys()].some((name) => !options.includes(name)))
    throw refuse(`a Redis URL cannot have options except ${options.join(', ')}`);
  const db = pathname.replace(/^\//, '') || searchParams.get('db') || '0';
  if (!/^\d{1,9}$/.test(db)) throw refuse('the database in a Redis URL must be a number');
  try {
    return {
      host: hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
      port: port === '' ? defaultRedisPort : Number(port),
      tls: protocol === 'rediss:',
      username: decodeURIComponent(username) || searchParams.get('username') || undefined,
      password: decodeURIComponent(password) || searchParams.get('password') || undefined,
      db: Number(db),
    };
  } catch {
    throw refuse(
      'the user or password in the Redis URL is not percent-encoded correctly',
      'Write %25 for a %.',
    );
  }
}

/** An address that is safe to print and store: without user and password. */
export function shownRedis({ host, port, tls, db }: RedisAddress): string {
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return `${tls ? 'rediss' : 'redis'}://${shownHost}:${port}${db === 0 ? '' : `/${db}`}`;
}

/** Recognizes address forms that other clients accept and tg does not support, and explains why. */
function unusableForm(url: string): { readonly message: string; readonly hint: string } | undefined {
  const [, scheme = ''] = /^([a-z][a-z0-9+.-]*):/i.exec(url) ?? [];
  if (/sentinel/i.test(scheme))
    return {
      message: 'tg does not support Redis Sentinel',
      hint: 'Name the master itself: redis-cli -p 26379 sentinel get-master-addr-by-name <name> shows its address.',
    };
  if (/cluster/i.test(scheme))
    return {
      message: 'tg cannot use a Redis Cluster: the keys of a run must be on one server',
      hint: 'Name a Redis that is not in cluster mode, or leave it out: tg needs no Redis.',
    };
  if (/unix|sock/i.test(scheme) || /^\.{0,2}\//.test(url))
    return {
      message: 'tg cannot use a Redis over a Unix socket: SDKs must reach it too',
      hint: 'Let it listen on a port of 127.0.0.1 (redis.conf: port), and write redis://127.0.0.1:port.',
    };
  if (/^(valkey|keydb|dragonfly|redict)s?$/i.test(scheme))
    return {
      message: `not a Redis URL: unknown scheme ${scheme}://`,
      hint: `Name a server that speaks the Redis protocol in the same way: ${forms}.`,
    };
  return undefined;
}
