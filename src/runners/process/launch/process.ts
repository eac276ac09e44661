import { serve } from './serve.ts';

// A launcher: starts processes for tg, whose memory is too large to fork a thousand times, and reports how they
// ended.
serve(Number(process.argv[2]), {
  startIn: () => {
    throw new Error('this launcher has no places');
  },
  alive: async () => {},
  answer: () => Promise.reject(new Error('this launcher only starts processes')),
});
