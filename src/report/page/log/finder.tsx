import type { Signal } from '@preact/signals';

/** A search field for names in long lists. */
export function Finder({
  what,
  wanted,
  found,
  all,
}: {
  readonly what: string;
  readonly wanted: Signal<string>;
  readonly found: number;
  readonly all: number;
}) {
  return (
    <div class="tools">
      <input
        type="search"
        placeholder={`find ${what}`}
        aria-label={`find ${what}`}
        value={wanted.value}
        onInput={({ currentTarget }) => {
          wanted.value = currentTarget.value;
        }}
      />
      <output class="hint">
        {found.toLocaleString('en')} of {all.toLocaleString('en')}
      </output>
    </div>
  );
}

/** Whether a name contains the search text, ignoring case. */
export function isWanted(name: string, wanted: Signal<string>): boolean {
  return name.toLowerCase().includes(wanted.value.toLowerCase());
}
