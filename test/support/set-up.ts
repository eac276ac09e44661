import { afterAll } from 'vitest';
import { removeTempDirs } from './temp.ts';

// vitest runs this file once for each test file, also where several share the modules of one process (`isolate: false`).
afterAll(removeTempDirs);
