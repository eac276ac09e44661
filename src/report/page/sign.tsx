import { type Shape, type SignName, signs } from './signs.ts';

/** A sign in the colour and size of the text around it. Screen readers skip it: the text says the same. */
export function Sign({ name }: { readonly name: SignName }) {
  const { path, isFilled = false }: Shape = signs[name];
  return (
    <svg
      class={isFilled ? 'sign filled' : 'sign'}
      viewBox="0 0 16 16"
      data-sign={name}
      aria-hidden="true"
      focusable="false"
    >
      <path d={path} />
    </svg>
  );
}
