import { readFileSync } from 'node:fs';
import { expectedCount, missing } from './test/dist/interop/back-to-back/expected.js';

console.log(
  expectedCount(false),
  missing(JSON.parse(readFileSync('/tmp/cov395.json', 'utf8')), false),
);
