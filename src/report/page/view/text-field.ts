import { type Signal, signal } from '@preact/signals';
import { type Field, inAddress } from './address.ts';

/** A text as a part of the address; empty by default. */
export function textField(key: string, text: Signal<string>): Field {
  return {
    key,
    write: () => text.value || undefined,
    read: (value = '') => {
      text.value = value;
    },
  };
}

/** A new text that is a part of the address by itself; empty by default. */
export function textInAddress(key: string): Signal<string> {
  const text = signal('');
  inAddress(textField(key, text));
  return text;
}
