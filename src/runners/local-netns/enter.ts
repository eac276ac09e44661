import { hasOtherUserNamespace } from '../../os/proc.ts';
import { lives } from '../../os/process-id.ts';
import type { InstanceRef } from '../../plan/instance-id.ts';
import { TgError } from '../../util/errors.ts';

/**
 * The beginning of a command line that runs a command in the network of an instance: with its names and its working
 * directory, and with the right to configure its network.
 * @throws TgError (usage) if it has ended.
 * @see nsenter(1)
 */
export function enterNetwork({ id, startTicks, boot }: InstanceRef): string[] {
  if (!lives({ pid: Number(id), startTicks, boot }))
    throw new TgError('usage', 'the instance is not running, or cannot be seen from here');
  const user = hasOtherUserNamespace(Number(id)) ? ['--user', '--preserve-credentials'] : [];
  return ['nsenter', '--target', id, ...user, '--net', '--uts', '--mount', '--wd', '--'];
}

/** The namespaces of an instance, as files. */
export interface NamespaceFiles {
  readonly net: string;
  readonly uts: string;
  readonly mnt: string;
}

/**
 * The beginning of a command line that runs a command in namespaces, with the right to configure their network.
 * @param owner a process in the user namespace that owns them.
 */
export function enterNamespaces({ net, uts, mnt }: NamespaceFiles, owner: number): string[] {
  const user = hasOtherUserNamespace(owner)
    ? [`--user=/proc/${owner}/ns/user`, '--preserve-credentials']
    : [];
  return ['nsenter', ...user, `--net=${net}`, `--uts=${uts}`, `--mount=${mnt}`, '--'];
}
