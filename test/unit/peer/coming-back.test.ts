import { isZkError, text } from '@vivarium/core';
import { createClient } from '@vivarium/core/internal/client/client';
import { parseConnectString } from '@vivarium/core/internal/client/connect-string';
import { defaultConfig } from '@vivarium/core/internal/config/config';
import { LocalClientHost } from '@vivarium/core/internal/local/client-host';
import { VirtualTime } from '@vivarium/core/internal/local/clockwork';
import { Kernel } from '@vivarium/core/internal/local/kernel';
import { Network } from '@vivarium/core/internal/local/network';
import { LocalServer } from '@vivarium/core/internal/local/server';
import { bootPeer } from '@vivarium/core/internal/peer/boot';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('a client that comes back', (test) => {
  // Found by the simulator: the new connection was greeted while a write of the old one was still
  // on its way to the disk. The client read the old state, took the write for lost, and then it
  // happened.
  test('sees every write of its session that was accepted on its former connection', async () => {
    const kernel = new Kernel(1);
    const network = new Network(kernel, { latencyMicros: [100, 200], fragments: false });
    const address = 'a:2181';
    const config = defaultConfig({ preAllocSize: 0 });
    const server = new LocalServer({ kernel, network, address, config, boot: bootPeer });
    server.start();
    const time = new VirtualTime(kernel);
    const host = new LocalClientHost({ kernel, network, name: 'c' });
    const zk = createClient(parseConnectString(`memory://${address}`), {}, host);
    await time.until(zk.create('/a', 'old'));
    server.diskStepMicros = [5_000_000, 5_000_000];
    const writing = zk.set('/a', 'new').catch((error: unknown) => error);
    await time.advance(10);
    for (const connection of [...network.connections]) connection.cut('connection reset');
    const lost = await time.until(writing);
    assert.ok(isZkError(lost, 'CONNECTION_LOSS'));
    assert.is(await time.until(zk.getData('/a', { codec: text })), 'new');
    await time.until(zk.close());
  });
});
