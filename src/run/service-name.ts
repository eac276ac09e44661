import { randomInt } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { makeTempFolder } from '../os/temp-folder.ts';
import { defaultHost, defaultPort } from '../sync/protocol.ts';
import { messageOf, TgError } from '../util/errors.ts';
import type { DoorPlace } from './instance/instance-door.ts';

/**
 * How an instance reaches its door that dials `testground-sync-service`, port 5050, whatever its environment says, as the
 * Rust crate does.
 */
export interface ServiceName {
  /** Where one door is to be that all instances share; undefined where each has its own. */
  readonly shared: DoorPlace | undefined;
  /** Where the door of the next instance may be; another place each time. */
  nextPlace(): DoorPlace;
  /** The command that runs another one in a world in which the name means the door. */
  commandFor(command: Command, doorHost: string, dir: string): Promise<Command>;
}

type Command = readonly [program: string, ...args: string[]];

/** Ways to a mount namespace of one's own: as root, and as anybody in a user namespace. */
const ways = [['-m'], ['-Um', '--map-current-user', '--keep-caps']] as const;
/** What runs in it: puts a hosts file over the machine's, then becomes the instance. */
const withHosts = 'mount --bind "$0" /etc/hosts && exec "$@"';

/**
 * Finds out how the name can be made to mean a door: by a hosts file that only the instance sees, each with an address of
 * its own; otherwise where the name is known on this machine already.
 * @throws TgError (environment) where neither is possible.
 */
export async function serviceName(): Promise<ServiceName> {
  const dir = await makeTempFolder('hosts');
  try {
    return await waysToName(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function waysToName(dir: string): Promise<ServiceName> {
  const problems: string[] = [];
  for (const way of process.platform === 'linux' ? ways : []) {
    const problem = await tryWay(way, dir);
    if (problem === undefined) {
      await checkPort();
      return byNamespace(way);
    }
    problems.push(`unshare ${way.join(' ')}: ${problem}`);
  }
  const known = await lookup(defaultHost, { family: 4 }).catch(() => undefined);
  if (known?.address.startsWith('127.')) return byResolver(known.address);
  throw new TgError(
    'environment',
    `the plan dials ${defaultHost}:${defaultPort}, and that name leads nowhere here`,
    {
      hint: [
        'The Rust SDK does not look at SYNC_SERVICE_HOST, and a hosts file of its own cannot be given to it here:',
        ...(problems.length > 0 ? problems : [`that needs Linux; this is ${process.platform}`]),
        `Add the line "127.0.0.1 ${defaultHost}" to /etc/hosts, or allow unprivileged user namespaces.`,
      ].join('\n'),
    },
  );
}

function byNamespace(way: readonly string[]): ServiceName {
  return {
    shared: undefined,
    // One of its own in 127/8: port 5050 is free there.
    nextPlace: somePlace,
    async commandFor(command, doorHost, dir) {
      const hosts = await writeHosts(dir, doorHost);
      return ['unshare', ...way, '/bin/sh', '-c', withHosts, hosts, ...command];
    },
  };
}

/** All instances share the one address that the machine knows by that name. */
function byResolver(address: string): ServiceName {
  return {
    shared: { host: address, port: Number(defaultPort) },
    nextPlace: () => ({}),
    commandFor: async (command) => command,
  };
}

function somePlace(): DoorPlace {
  const host = `127.${randomInt(16, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;
  return { host, port: Number(defaultPort) };
}

/**
 * Sees that the port is free at addresses of 127/8: whoever listens on all addresses has it everywhere.
 * @throws TgError (environment) where it is not.
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
  throw new TgError('environment', `port ${defaultPort} is taken, on every address of this machine`, {
    hint: `The plan dials ${defaultHost}:${defaultPort}. End what listens there: a sync service of Testground, perhaps (ss -ltnp 'sport = :${defaultPort}').`,
  });
}

async function writeHosts(dir: string, address: string): Promise<string> {
  const file = join(dir, 'hosts');
  const machine = await readFile('/etc/hosts', 'utf8').catch(() => '127.0.0.1 localhost\n');
  // The first line that names a host counts.
  await writeFile(file, `${address} ${defaultHost}\n${machine}`);
  return file;
}

/** @returns what is wrong with it, if anything is. */
async function tryWay(way: readonly string[], dir: string): Promise<string | undefined> {
  try {
    const { host: address = '' } = somePlace();
    const hosts = await writeHosts(dir, address);
    // As a plan does it: whatever this machine asks for names has to ask the hosts file.
    const resolve = `require('node:dns').lookup('${defaultHost}', 4, (error, address) => console.log(address))`;
    const command = [process.execPath, '-e', resolve];
    const trial = ['unshare', ...way, '/bin/sh', '-c', withHosts, hosts, ...command] as const;
    const { execa } = await import('execa');
    const { stdout } = await execa(trial[0], trial.slice(1), { stdin: 'ignore', timeout: 10_000 });
    return stdout === address ? undefined : 'the hosts file is not asked for names on this machine';
  } catch (error) {
    return messageOf(error).split('\n').slice(1).join(' ').trim() || messageOf(error).split('\n')[0];
  }
}
