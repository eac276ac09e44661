import { existsSync } from 'node:fs';

/** The path of Chromium on Debian; undefined if it is not installed. */
export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) =>
  existsSync(path),
);
