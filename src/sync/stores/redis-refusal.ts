import { TgError } from '../../util/errors.ts';
import { type RedisAddress, shownRedis } from '../redis-url.ts';

/** Known Redis errors with a clearer message and a hint. */
const known: readonly { readonly says: RegExp; readonly message: string; readonly hint: string }[] = [
  {
    says: /^LOADING/,
    message: 'is still loading its data',
    hint: 'Run again once it is loaded: redis-cli info persistence then shows loading:0.',
  },
  {
    says: /^READONLY/,
    message: 'is a read-only replica',
    hint: 'Name its master: redis-cli info replication shows its address.',
  },
  {
    says: /^MASTERDOWN/,
    message: 'is a replica that has lost its master',
    hint: 'Name the master, or another Redis.',
  },
  {
    says: /^(MOVED|ASK|CROSSSLOT|CLUSTERDOWN|TRYAGAIN)/,
    message: 'is in cluster mode, which tg cannot use: the keys of a run must be on one server',
    hint: 'Name a Redis that is not in cluster mode, or leave --redis out: tg needs no Redis.',
  },
  {
    says: /unknown command\W+(mget|incr|get)\b/i,
    message: 'holds no data: it is a Sentinel, or another server that speaks the protocol of Redis',
    hint: 'Name the master itself: redis-cli -p 26379 sentinel get-master-addr-by-name <name> shows its address.',
  },
  {
    says: /unknown command\W+x(add|len|read)\b/i,
    message: 'does not support streams (XADD)',
    hint: 'tg needs Redis 5 or later.',
  },
];

/** The commands that the Redis user needs, as an ACL rule. */
const neededCommands =
  '+ping +incr +get +mget +pexpire +xadd +xlen +xread +del +scan +multi +exec, and +select for another database than 0';

/** The server's error for a command that was tried. */
export interface Refusal {
  readonly command: string;
  readonly why: string;
}

/** The error for a Redis that answers but cannot be used. */
export function unusable(address: RedisAddress, refusals: readonly Refusal[]): TgError {
  const its = `the Redis at ${shownRedis(address)}`;
  for (const { says, message, hint } of known) {
    if (refusals.some(({ why }) => says.test(why))) return environment(`${its} ${message}`, hint);
  }
  // A renamed command is unknown.
  const forbidden = refusals.filter(({ why }) => /\bNOPERM\b|unknown command/i.test(why));
  if (forbidden.length > 0) {
    const commands = [...new Set(forbidden.map(({ command }) => command))].join(', ');
    const onKeys = forbidden.every(({ why }) => /\bkeys?\b/.test(why)) ? ' on keys that begin with run:' : '';
    return environment(
      `${its} does not allow its user commands that a run needs: ${commands}${onKeys}`,
      `Allow the user the keys ~run:* and the commands ${neededCommands}.`,
    );
  }
  return environment(
    `${its} refuses: ${withoutSecrets(refusals[0]?.why ?? '', address)}`,
    'Correct user, password or database: redis://user:password@host:port/database.',
  );
}

/** The error for a Redis that cannot be reached, or does not answer. */
export function unreachable(address: RedisAddress, why: string): TgError {
  const message = `no Redis answers at ${shownRedis(address)}: ${withoutSecrets(why, address)}`;
  return environment(message, unreachableHint(address, why));
}

function unreachableHint({ tls }: RedisAddress, why: string): string {
  if (tls && /certificate|altnames/i.test(why))
    return 'Node does not trust its certificate: set NODE_EXTRA_CA_CERTS to the file of its certificate authority.';
  // A Redis without TLS reads the handshake as a command and waits for its end.
  if (tls && /no answer|wrong version number/.test(why))
    return 'Start it, or write redis:// instead of rediss:// if it does not use TLS.';
  if (!tls && /closed|ECONNRESET/.test(why))
    return 'Check its log. If it requires TLS, write rediss:// instead of redis://.';
  return 'Start it, correct --redis (or TG_REDIS_URL), or leave it out: tg needs no Redis.';
}

function environment(message: string, hint: string): TgError {
  return new TgError('environment', message, { hint });
}

/** Removes credentials: a server may quote the user name. */
function withoutSecrets(said: string, { username, password }: RedisAddress): string {
  return [username, password].reduce<string>(
    (text, secret) => (secret === undefined || secret.length < 3 ? text : text.replaceAll(secret, '***')),
    said,
  );
}
