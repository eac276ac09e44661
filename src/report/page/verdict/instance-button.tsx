import { choose, tagOf } from '../state.ts';
import { goTo, step } from '../view/address.ts';

/** A button that shows the lines of an instance. */
export function InstanceButton({ place }: { readonly place: number }) {
  return (
    <button type="button" class="instance" onClick={() => lookAt(place)}>
      {tagOf(place)}
    </button>
  );
}

function lookAt(place: number): void {
  step(() => choose(place));
  goTo('log');
}
