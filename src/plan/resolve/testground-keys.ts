/** The configuration keys of testground's builders in all its versions, by name. */
export const builderKeys: Readonly<Record<string, readonly string[]>> = {
  'docker:go': [
    ...['module_path', 'exec_pkg', 'fresh_gomod', 'path', 'modfile', 'go_proxy_mode', 'go_proxy_url'],
    ...['runtime_image', 'build_base_image', 'skip_runtime_image', 'enable_go_build_cache', 'enable_cgo'],
    ...['dockerfile_extensions', 'build_args', 'docker_build_image', 'go_version', 'go_ipfs_version'],
    ...['push_registry', 'registry_type', 'bypass_cache', 'disable_go_build_cache', 'reset_go_build_cache'],
    ...['exposed_ports', 'pre_mod_download', 'post_mod_download', 'pre_source_copy', 'post_source_copy'],
    ...['pre_build', 'post_build', 'pre_runtime_copy', 'post_runtime_copy'],
  ],
  'exec:go': ['module_path', 'exec_pkg', 'fresh_gomod', 'bypass_cache', 'go_version'],
  'docker:generic': ['build_args', 'dockerfile', 'path', 'push_registry', 'registry_type'],
  'docker:node': ['base_image'],
  'docker:ipfs': [
    ...['copy_ipfs', 'exec_pkg', 'fresh_gomod', 'go_proxy_mode', 'go_proxy_url', 'go_version', 'ipfs_path'],
    ...['module_path', 'push_registry', 'registry_type'],
  ],
  'docker:lotus': [
    ...['copy_lotus', 'exec_pkg', 'fresh_gomod', 'go_ipfs_version', 'go_proxy_mode', 'go_proxy_url'],
    ...['go_version', 'lotus_path', 'module_path', 'push_registry', 'registry_type'],
  ],
  'docker:powergate': [
    ...['copy_lotus', 'copy_powergate', 'exec_pkg', 'fresh_gomod', 'go_proxy_mode', 'go_proxy_url'],
    ...['go_version', 'lotus_path', 'module_path', 'powergate_path', 'push_registry', 'registry_type'],
  ],
  'docker:nix': ['attr'],
  'nix:generic': ['attr'],
};

const influx = ['influx_url', 'influx_token', 'influx_org', 'influx_bucket'];

/** The configuration keys of testground's runners, likewise. */
export const runnerKeys: Readonly<Record<string, readonly string[]>> = {
  'local:docker': [
    ...['keep_containers', 'log_level', 'no_start', 'background', 'ulimits', 'exposed_ports'],
    ...['outcomes_collection_timeout', 'additional_hosts', 'additional_envs', 'environment_variables'],
    ...['log_file', 'rm', 'tail', ...influx],
  ],
  'local:exec': ['bin_path', 'disabled', ...influx],
  'cluster:k8s': [
    ...['log_level', 'keep_service', 'provider', 'autoscaler_enabled', 'testplan_pod_memory'],
    ...['testplan_pod_cpu', 'collect_outputs_pod_memory', 'collect_outputs_pod_cpu', 'exposed_ports'],
    ...['run_timeout_min', 'global_timeout_min', 'sysctls', 'pod_resource_memory', 'pod_resource_cpu'],
    ...['outputs_bucket', 'outputs_bucket_region', 'background', 'disabled', ...influx],
  ],
  'cluster:swarm': [
    ...['docker_endpoint', 'docker_tls', 'docker_tls_ca_cert_path', 'docker_tls_cert_path'],
    ...['docker_tls_key_path', 'keep_service', 'rm_service', 'log_level', 'background', 'disabled'],
  ],
};

/** All configuration keys of the given builders or runners. */
export function keysOf(kind: 'builder' | 'runner', names: readonly string[]): string[] {
  const all = kind === 'builder' ? builderKeys : runnerKeys;
  return names.flatMap((name) => all[name] ?? []);
}

/** The configuration keys of all builders or all runners. */
export function allKeysOf(kind: 'builder' | 'runner'): string[] {
  return keysOf(kind, Object.keys(kind === 'builder' ? builderKeys : runnerKeys));
}

/** Why a key is not applied. */
export type NotApplied =
  /** A key of the requested builder or runner, without an equivalent here. */
  | 'meant'
  /** A key of other builders or runners of testground. */
  | { readonly of: readonly string[] }
  /** A key that testground never had. */
  | 'unknown';

/**
 * Classifies a key that is not applied here.
 * @param names the names that its section or flag may refer to.
 */
export function whatIs(key: string, kind: 'builder' | 'runner', names: readonly string[]): NotApplied {
  if (keysOf(kind, names).includes(key)) return 'meant';
  // A builder's key in a runner's section is in the wrong place, but known.
  const worlds = { ...builderKeys, ...runnerKeys };
  const of = Object.keys(worlds).filter((name) => worlds[name]?.includes(key));
  return of.length === 0 ? 'unknown' : { of };
}
