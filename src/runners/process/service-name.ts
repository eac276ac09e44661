import { randomInt } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { makeTempFolder } from '../../os/temp-folder.ts';
import { defaultHost, defaultPort } from '../../sync/protocol.ts';
import type { Address } from '../../sync/server/endpoint.ts';
import { messageOf, TgError } from '../../util/errors.ts';

/**
 * Lets instances reach their endpoint as `testground-sync-service`, port 5050, for SDKs that ignore the
 * environment, such as the Rust crate.
 */
export interface ServiceName {
  /** The address of a single endpoint for all instances; undefined if each instance has its own. */
  readonly shared: Partial<Address> | undefined;
  /** A possible address for the next instance's endpoint; another one at each call. */
  nextPlace(): Partial<Address>;
  /** Wraps a command so that the name resolves to the endpoint. */
  commandFor(command: Command, endpointHost: string, dir: string): Promise<Command>;
}

type Command = readonly [program: string, ...args: string[]];

/** Options for a mount namespace: as root, and as any user in a user namespace. */
const unshareOptions = [['-m'], ['-Um', '--map-current-user', '--keep-caps']] as const;
/** Runs in that namespace: mounts a hosts file over the machine's, then becomes the instance. */
const withHosts = 'mount --bind "$0" /etc/hosts && exec "$@"';

/**
 * Determines how the name can resolve to an endpoint: through a hosts file in a mount namespace, with an address
 * for each instance, or because this machine already resolves the name.
 * @throws TgError (environment) if neither is possible.
 */
export async function serviceName(): Promise<ServiceName> {
  const dir = makeTempFolder('hosts');
  try {
    return await findServiceName(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function findServiceName(dir: string): Promise<ServiceName> {
  const problems: string[] = [];
  for (const options of process.platform === 'linux' ? unshareOptions : []) {
    const problem = await tryUnshare(options, dir);
    if (problem === undefined) {
      await checkPort();
      return byNamespace(options);
    }
    problems.push(`unshare ${options.join(' ')}: ${problem}`);
  }
  const known = await lookup(defaultHost, { family: 4 }).catch(() => undefined);
  if (known?.address.startsWith('127.')) return byResolver(known.address);
  throw new TgError(
    'environment',
    `the plan dials ${defaultHost}:${defaultPort}, and that name does not resolve here`,
    {
      hint: [
        'The Rust SDK ignores SYNC_SERVICE_HOST, and tg cannot give its instances their own hosts file here:',
        ...(problems.length > 0 ? problems : [`that needs Linux; this is ${process.platform}`]),
        `Add the line "127.0.0.1 ${defaultHost}" to /etc/hosts, or allow unprivileged user namespaces.`,
      ].join('\n'),
    },
  );
}

function byNamespace(options: readonly string[]): ServiceName {
  return {
    shared: undefined,
    // An own address in 127/8, where port 5050 is free.
    nextPlace: somePlace,
    async commandFor(command, endpointHost, dir) {
      const hosts = await writeHosts(dir, endpointHost);
      return ['unshare', ...options, '/bin/sh', '-c', withHosts, hosts, ...command];
    },
  };
}

/** All instances share the address that the machine resolves the name to. */
function byResolver(address: string): ServiceName {
  return {
    shared: { host: address, port: Number(defaultPort) },
    nextPlace: () => ({}),
    commandFor: async (command) => command,
  };
}

function somePlace(): Partial<Address> {
  const host = `127.${randomInt(16, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;
  return { host, port: Number(defaultPort) };
}

/**
 * Checks that the port is free at addresses of 127/8: a server that listens on all addresses takes it everywhere.
 * @throws TgError (environment) if it is not.
 */
async function checkPort(): Promise<void> {
  for (let tried = 0; tried < 5; tried++) {
    const probe = createServer();
    const free = await new Promise<boolean>((resolve) => {
      probe.once('listening', () => resolve(true)).once('error', () => resolve(false));
      probe.listen(somePlace());
    });
    probe.close();
    if (free) return;
  }
  throw new TgError('environment', `port ${defaultPort} is in use on every address of this machine`, {
    hint: `The plan dials ${defaultHost}:${defaultPort}. Stop the process that listens there, possibly a Testground sync service (ss -ltnp 'sport = :${defaultPort}').`,
  });
}

async function writeHosts(dir: string, address: string): Promise<string> {
  const file = join(dir, 'hosts');
  const machine = await readFile('/etc/hosts', 'utf8').catch(() => '127.0.0.1 localhost\n');
  // The first line for a host takes precedence.
  await writeFile(file, `${address} ${defaultHost}\n${machine}`);
  return file;
}

/** @returns what is wrong with it; undefined if it works. */
async function tryUnshare(options: readonly string[], dir: string): Promise<string | undefined> {
  try {
    const { host: address = '' } = somePlace();
    const hosts = await writeHosts(dir, address);
    // Resolves the name as a plan does: the machine's resolver must use the hosts file.
    const resolve = `require('node:dns').lookup('${defaultHost}', 4, (error, address) => console.log(address))`;
    const command = [process.execPath, '-e', resolve];
    const trial = ['unshare', ...options, '/bin/sh', '-c', withHosts, hosts, ...command] as const;
    const { execa } = await import('execa');
    const { stdout } = await execa(trial[0], trial.slice(1), { stdin: 'ignore', timeout: 10_000 });
    return stdout === address ? undefined : 'this machine does not resolve names with the hosts file';
  } catch (error) {
    return messageOf(error).split('\n').slice(1).join(' ').trim() || messageOf(error).split('\n')[0];
  }
}
