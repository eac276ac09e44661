/** From where Go fetches modules. */
export interface ModuleProxy {
  /** What is set for Go; nothing where it is to go by what it has. */
  readonly env: { readonly GOPROXY?: string };
  /** What of the configuration is not applied, in words. */
  readonly warning?: string;
  /** What stands for the configuration, in words. */
  readonly note?: string;
}

interface Known {
  /** The GOPROXY that the user has set in the environment. */
  readonly inEnvironment: string | undefined;
  /** The one that the user has set by `go env -w`. */
  readonly inFile: string | undefined;
  /** The GOPROXY that is in force without the configuration. */
  readonly inForce: string;
}

const modes = ['direct', 'remote', 'local'];

/**
 * What `go_proxy_mode` and `go_proxy_url`, keys of docker:go, say for Go here. What the user has set is
 * stronger. docker:go starts a proxy of its own for `local`, its default.
 */
export function moduleProxy(
  { go_proxy_mode: mode = '', go_proxy_url: url = '' }: Readonly<Record<string, string>>,
  { inEnvironment, inFile, inForce }: Known,
): ModuleProxy {
  const said = mode.trim();
  if (said === '') {
    return url === ''
      ? { env: {} }
      : { env: {}, warning: 'go_proxy_url is not applied: it counts with go_proxy_mode = "remote" only' };
  }
  if (!modes.includes(said)) {
    return {
      env: {},
      warning: `go_proxy_mode = "${said}" is not applied: it may be direct, remote or local; GOPROXY says from where modules come`,
    };
  }
  if (said === 'local')
    return {
      env: {},
      note: 'go_proxy_mode = "local": modules come from where GOPROXY says and stay in Go’s module cache; tg starts no proxy',
    };
  // Behind the URL of `remote` comes what is set in the file; with `direct` nothing would.
  if (inEnvironment !== undefined || (said === 'direct' && inFile !== undefined))
    return { env: {}, warning: `go_proxy_mode = "${said}" is not applied: GOPROXY is set, and is stronger` };
  if (said === 'direct') return { env: { GOPROXY: 'direct' } };
  if (url === '')
    return {
      env: {},
      warning:
        'go_proxy_mode = "remote" is not applied: go_proxy_url is missing; GOPROXY says from where modules come',
    };
  return { env: { GOPROXY: `${url}|${inForce}` } };
}
