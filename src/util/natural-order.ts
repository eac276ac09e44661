/** Made when it is needed: that takes 6 ms. */
let collator: Intl.Collator | undefined;

/** Orders names as people do: `hop=2` comes before `hop=10`. Those that are alike to a person have an order, too. */
export function naturalOrder(a: string, b: string): number {
  collator ??= new Intl.Collator('en', { numeric: true });
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}
