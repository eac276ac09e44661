/** The module proxy of Go. */
export interface ModuleProxy {
  /** The environment for Go; empty to use its own configuration. */
  readonly env: { readonly GOPROXY?: string };
  /** A warning about configuration that is not applied. */
  readonly warning?: string;
  /** A note on the replacement of configuration. */
  readonly note?: string;
}

interface Known {
  /** GOPROXY from the user's environment. */
  readonly inEnvironment: string | undefined;
  /** GOPROXY from `go env -w`. */
  readonly inFile: string | undefined;
  /** GOPROXY in effect without the configuration. */
  readonly inForce: string;
}

const modes = ['direct', 'remote', 'local'];

/**
 * Translates `go_proxy_mode` and `go_proxy_url`, configuration of docker:go. The user's own settings win. docker:go
 * starts its own proxy for `local`, its default.
 */
export function moduleProxy(
  { go_proxy_mode: mode = '', go_proxy_url: url = '' }: Readonly<Record<string, string>>,
  { inEnvironment, inFile, inForce }: Known,
): ModuleProxy {
  const said = mode.trim();
  if (said === '') {
    return url === ''
      ? { env: {} }
      : { env: {}, warning: 'go_proxy_url is not applied: it needs go_proxy_mode = "remote"' };
  }
  if (!modes.includes(said)) {
    return {
      env: {},
      warning: `go_proxy_mode = "${said}" is not applied: it must be direct, remote or local; modules come from GOPROXY`,
    };
  }
  if (said === 'local')
    return {
      env: {},
      note: 'go_proxy_mode = "local": modules come from GOPROXY and stay in Go’s module cache; tg starts no proxy',
    };
  // The setting of the file follows the URL of `remote`; with `direct`, nothing would follow.
  if (inEnvironment !== undefined || (said === 'direct' && inFile !== undefined))
    return {
      env: {},
      warning: `go_proxy_mode = "${said}" is not applied: GOPROXY is set and takes precedence`,
    };
  if (said === 'direct') return { env: { GOPROXY: 'direct' } };
  if (url === '')
    return {
      env: {},
      warning: 'go_proxy_mode = "remote" is not applied: go_proxy_url is missing; modules come from GOPROXY',
    };
  return { env: { GOPROXY: `${url}|${inForce}` } };
}
