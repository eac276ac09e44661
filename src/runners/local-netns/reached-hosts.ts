import { lookup } from 'node:dns/promises';
import { contains, numberOf, type Range } from '../../network/range.ts';
import { codeOf, messageOf } from '../../util/errors.ts';
import { withTimeout } from '../../util/with-timeout.ts';
import { dataNetwork } from './subnets.ts';
import { uplinkNetwork } from './uplink.ts';

/** How long, in ms, looking up a name may take. */
const resolvedWithin = 10_000;

/** A host outside of the run that all its instances reach, whatever their routing policy is. */
export interface ReachedHost {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** The hosts that instances reach, and why they do not reach others, as text. */
export interface ReachedHosts {
  readonly hosts: readonly ReachedHost[];
  readonly doubts: readonly string[];
}

/**
 * Resolves hosts as this machine does, and opens the way to them, and to nothing else.
 * @param open opens the way to their addresses, or throws an Error with why it cannot.
 * @throws Error if the signal aborts first.
 */
export async function reachHosts(
  names: readonly string[],
  open: (addresses: readonly string[]) => Promise<void>,
  stop: AbortSignal,
): Promise<ReachedHosts> {
  const resolved = await Promise.all(names.map((name) => resolve(name, stop)));
  stop.throwIfAborted();
  const doubts = resolved.flatMap((its) => (typeof its === 'string' ? [its] : []));
  const hosts = resolved.filter((its) => typeof its !== 'string');
  if (hosts.length === 0) return { hosts, doubts };
  try {
    await open(hosts.flatMap(({ addresses }) => addresses));
    return { hosts, doubts };
  } catch (error) {
    stop.throwIfAborted();
    const unreached = hosts.map(({ name }) => name).join(', ');
    return {
      hosts: [],
      doubts: [...doubts, `instances do not reach the additional hosts ${unreached}: ${messageOf(error)}`],
    };
  }
}

/** @returns why instances do not reach the host, as text, if that is so. */
async function resolve(name: string, stop: AbortSignal): Promise<ReachedHost | string> {
  const unreached = `instances do not reach the additional host ${name}`;
  try {
    const found = await withTimeout(resolvedWithin, stop, () => lookup(name, { all: true, family: 4 }));
    const addresses = [...new Set(found.map(({ address }) => address))];
    const unfit = addresses.map((address) => whyUnfit(address)).find((why) => why !== undefined);
    return unfit === undefined ? { name, addresses } : `${unreached}: ${unfit}`;
  } catch (error) {
    const why = codeOf(error) === 'ENOTFOUND' ? 'this machine does not know its name' : messageOf(error);
    return `${unreached}: ${why}`;
  }
}

const loopback: Range = { address: '127.0.0.0', prefix: 8 };

function whyUnfit(address: string): string | undefined {
  const isIn = (range: Range) => contains(range, numberOf(address));
  if (isIn(loopback)) return `${address} is the loopback of this machine, which they do not reach`;
  const { subnet, prefix } = dataNetwork;
  if (!isIn(uplinkNetwork.range) && !isIn({ address: subnet, prefix })) return undefined;
  return `its address ${address} is in a network that every run has for itself`;
}
