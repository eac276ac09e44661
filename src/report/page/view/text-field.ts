import type { Signal } from '@preact/signals';
import type { Field } from './address.ts';

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
