/** Kazoo's suite again, against an ensemble of three servers of either kind. */
import { kazooOn } from './kazoo.js';
import type { Proof } from './proof.js';

const shortFiles = ['test_connection', 'test_lock', 'test_party', 'test_queue'];

export const prove: Proof = {
  name: 'kazoo-3',
  what: 'Every test of kazoo’s own suite that passes on three Apache servers passes on Vivarium.',
  run: kazooOn(3, shortFiles),
};
