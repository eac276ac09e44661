import type { Message } from 'esbuild';

/** The errors reported by esbuild; empty for any other error. */
export function errorsOf(error: unknown): readonly Message[] {
  if (!(error instanceof Error) || !('errors' in error) || !Array.isArray(error.errors)) return [];
  return error.errors as Message[];
}
