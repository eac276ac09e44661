/** How many ports the engine `kernel` has at most: the filters of a table have numbers of 12 bits. */
export const maxPorts = 4_095;
