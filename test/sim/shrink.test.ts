import { CommittedLog } from '@vivarium/core/internal/storage/committed-log';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { runSeed } from './run-seed.js';
import { Script } from './script.js';
import { shrink } from './shrink.js';
import { bootServer } from './world/boot.js';

/** Some seed up to this one finds a leader that leaves something out. */
const SEEDS_MAX = 40;

suite(
  'a run that fails',
  (test) => {
    test('becomes short, fails by the same property, and can be repeated', async () => {
      const right = CommittedLog.prototype.after;
      CommittedLog.prototype.after = function (zxidHigh, zxidLow) {
        return right.call(this, zxidHigh, zxidLow).slice(1);
      };
      try {
        const { seed, property, lines } = await failing();
        const shrunk = await shrink({ seed, boot: bootServer }, { runsMax: 60 });
        assert.ok(shrunk !== undefined, 'it fails again');
        assert.is(shrunk.property, property);
        assert.ok(shrunk.lines.length < lines / 2, `${shrunk.lines.length} of ${lines} are left`);
        const { only } = shrunk;
        const { violation } = await runSeed({ seed, boot: bootServer, only });
        assert.is(violation?.message, shrunk.message);
      } finally {
        CommittedLog.prototype.after = right;
      }
    });

    test('is not made of one that does not', async () => {
      assert.is(await shrink({ seed: 1, boot: bootServer }), undefined);
    });
  },
  { timeoutMs: 60_000 },
);

async function failing() {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    const script = new Script();
    const { violation } = await runSeed({ seed, boot: bootServer, script });
    const lines = script.lines.length;
    if (violation !== undefined) return { seed, property: violation.property, lines };
  }
  throw new Error('no seed finds the bug');
}
