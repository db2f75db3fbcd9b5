import { defaultConfig } from '@vivarium/core/internal/config/config';
import { Kernel } from '@vivarium/core/internal/local/kernel';
import { type End, Network } from '@vivarium/core/internal/local/network';
import { LocalServer } from '@vivarium/core/internal/local/server';
import { bootPeer } from '@vivarium/core/internal/peer/boot';
import { writeConnectRequest } from '@vivarium/core/internal/wire/connect';
import * as assert from 'uvu/assert';
import { framed } from '../../support/framed.js';
import { suite } from '../../support/suite.js';

/** A server that stands alone, and clients that ask it for a session. */
function rig() {
  const kernel = new Kernel(1);
  const network = new Network(kernel, { latencyMicros: [50, 400], fragments: false });
  const address = 'a:1';
  const config = defaultConfig({ preAllocSize: 64 });
  const server = new LocalServer({ kernel, network, address, config, boot: bootPeer });
  server.start();
  const greet = () => {
    const end: End = network.connect('c', address, {
      opened: () => end.send(greeting()),
      received() {},
      closed() {},
    });
    kernel.runUntil(kernel.now + 100_000);
  };
  return { server, greet };
}

function greeting(): Uint8Array {
  const passwd = new Uint8Array(16);
  const asked = { protocolVersion: 0, lastZxidSeen: 0n, timeOut: 5_000, sessionId: 0n, passwd };
  return framed((to) => writeConnectRequest(to, { ...asked, readOnly: false }));
}

suite("a server's metrics", (test) => {
  test('tell how many writes each flush of the log covers', () => {
    const { server, greet } = rig();
    const { metrics } = server.view!;
    greet();
    greet();
    assert.is(metrics.syncBatchSize.count, 2);
    assert.is(metrics.syncBatchSize.sum, 2);
    assert.is(metrics.commits.value, 2);
  });

  test('tell of a log that cannot be written', () => {
    const { server, greet } = rig();
    const { metrics } = server.view!;
    server.disk.failNext('sync', { code: 'EIO', message: 'planned' });
    greet();
    assert.is(metrics.unrecoverableErrors.value, 1);
    assert.is(server.state, 'down');
  });
});
