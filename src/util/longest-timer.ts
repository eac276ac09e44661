/** The longest delay that a timer takes, in ms: about 24.8 days. */
export const longestTimer = 2 ** 31 - 1;
