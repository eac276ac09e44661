import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReachedHost } from './reached-hosts.ts';
import { controlNetwork } from './subnets.ts';
import { uplinkNetwork } from './uplink.ts';

/** The names that SDKs of all versions know the services of a run by. */
const serviceNames = ['testground-sync-service', 'testground-redis', 'testground-influxdb'];
const resolverFile = '/etc/resolv.conf';
const switchFile = '/etc/nsswitch.conf';

/** A file that takes the place of one of the machine. */
export interface ReplacedFile {
  readonly source: string;
  readonly target: string;
}

/**
 * Writes the files by which an instance resolves names: the services of the run and itself, and others through the
 * uplink, if it is there.
 * @param folder for the files.
 * @param control its address in the control network.
 * @param reached hosts outside of the run that it reaches.
 */
export function writeNameFiles(
  folder: string,
  hostname: string,
  control: string,
  reached: readonly ReachedHost[],
): ReplacedFile[] {
  const hosts = join(folder, 'hosts');
  const lines = [
    '127.0.0.1 localhost',
    '::1 localhost',
    `${controlNetwork.gateway} ${serviceNames.join(' ')}`,
    `${control} ${hostname}`,
    ...reached.flatMap(({ name, addresses }) => addresses.map((address) => `${address} ${name}`)),
  ];
  writeFileSync(hosts, `${lines.join('\n')}\n`);
  const resolver = join(folder, 'resolv.conf');
  writeFileSync(resolver, `nameserver ${uplinkNetwork.nameServer}\n`);
  const files = [
    { source: hosts, target: '/etc/hosts' },
    { source: resolver, target: resolverFile },
  ].filter(({ target }) => existsSync(target));
  const order = switchText();
  if (order === undefined) return files;
  const source = join(folder, 'nsswitch.conf');
  writeFileSync(source, order);
  return [...files, { source, target: switchFile }];
}

/** The order in which names are looked up, if it is not the hosts file first here. @see nsswitch.conf(5) */
function switchText(): string | undefined {
  if (!existsSync(switchFile)) return undefined;
  const text = readFileSync(switchFile, 'utf8');
  const isFilesFirst = /^hosts:\s*files\b/m.test(text) || !/^hosts:/m.test(text);
  return isFilesFirst ? undefined : text.replace(/^hosts:.*$/m, 'hosts: files dns');
}
