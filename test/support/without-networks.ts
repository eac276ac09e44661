/**
 * A machine on which no network namespace can be made: commands that run the command given as their last arguments
 * there, by the setting of the kernel that is the reason.
 */
export const withoutNetworks = {
  'user.max_net_namespaces': limited('max_net_namespaces'),
  // Who may make namespaces of networks without one of users is not affected.
  'user.max_user_namespaces': [
    ...limited('max_user_namespaces'),
    ...['setpriv', '--inh-caps=-sys_admin', '--bounding-set=-sys_admin'],
  ],
} as const;

function limited(limit: string): readonly string[] {
  return ['unshare', '-Ur', 'sh', '-c', `echo 0 > /proc/sys/user/${limit}; exec "$@"`, 'limited'];
}
