import { computed, signal } from '@preact/signals';
import { report } from '../state.ts';
import { inAddress } from '../view/address.ts';

/** What the network is shown between. */
export const levels = ['instances', 'groups'] as const;
export type Level = (typeof levels)[number];

/** From this many instances on, groups are shown at first. */
const many = 33;

/** The level that the user has chosen; undefined for the default. */
export const chosenLevel = signal<Level | undefined>(undefined);

inAddress({
  key: 'network',
  write: () => chosenLevel.value,
  read: (text) => {
    chosenLevel.value = levels.find((each) => each === text);
  },
});

export const level = computed<Level>(
  () => chosenLevel.value ?? ((report.value.network?.links.length ?? 0) >= many ? 'groups' : 'instances'),
);
