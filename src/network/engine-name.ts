/** The engines: the kernel's own means, or a switch of tg. */
export type EngineName = 'kernel' | 'user';
