/** The file that makes a folder a plan. A module of its own: it is needed before manifests are read. */
export const manifestFile = 'manifest.toml';
