import { LoopMonitor } from '@vivarium/core/internal/node/loop-monitor';
import * as assert from 'uvu/assert';
import { suite, type TestContext } from '../../support/suite.js';

/** A monitor that runs, and how to wait until it has looked so many times. */
function running(t: TestContext, work: () => number) {
  const monitor = new LoopMonitor(work);
  monitor.start();
  t.cleanup(() => monitor.stop());
  const looked = async (times: number) => {
    for (;;) {
      monitor.take();
      if ((monitor.facts?.count ?? 0) >= times) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return { monitor, looked };
}

function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

suite('the monitor of the event loop', (test) => {
  test('finds that the loop was blocked', async (t) => {
    const { monitor, looked } = running(t, () => 0);
    await looked(1);
    block(1_500); // longer than the wait for the next look
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.ok(monitor.take().max >= 400, 'a delay of half a second');
    assert.ok(monitor.facts!.sum >= 400);
  });

  test('looks more often while there is work', async (t) => {
    let work = 0;
    const busy = running(t, () => {
      work += 10;
      return work;
    });
    const idle = running(t, () => 0);
    await busy.looked(10);
    assert.ok((idle.monitor.facts?.count ?? 0) < 10);
  });

  test('tells nothing twice, and nothing before it was asked', (t) => {
    const { monitor } = running(t, () => 0);
    assert.is(monitor.facts, undefined);
    assert.equal(monitor.take(), { p50: 0, p99: 0, max: 0 });
    assert.is(monitor.facts?.count, 0);
  });
});
