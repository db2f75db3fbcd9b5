import { readFileSync } from 'node:fs';
import { missing, expectedCount } from './test/dist/interop/back-to-back/expected.js';
console.log(expectedCount(false), missing(JSON.parse(readFileSync('/tmp/cov395.json','utf8')), false));
