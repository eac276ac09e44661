import open from 'open';
import { messageOf } from '../errors.ts';
import { warn } from './output/warn.ts';

/** Shows a file or an address in the browser that a person uses; where there is none, that is told. */
export async function openInBrowser(target: string): Promise<void> {
  try {
    const child = await open(target);
    child.on('error', (error) => warn(`no browser could be opened: ${error.message}`));
  } catch (error) {
    warn(`no browser could be opened: ${messageOf(error)}`);
  }
}
