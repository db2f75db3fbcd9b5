import type { Effect } from '@vivarium/core/internal/seam/effects';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { byte, dialing, Recorder, setUp, turn } from './driver-rig.js';

suite('links of the driver', (test) => {
  test('are told of when they come to be, and carry bytes as connections do', async () => {
    const send: Effect = { type: 'send', connection: -1, bytes: byte(7), after: 0 };
    const { machine, dial, open } = await dialing({ 1: [send, send] });
    assert.is(dial.where, 'b:2888 in 500 ms');
    const stream = open();
    stream.events.received(byte(1));
    await turn();
    const remote = { address: '10.0.0.2', port: 2888 };
    assert.equal(machine.batches, [
      [
        { type: 'link-opened', connection: -1, link: 'quorum', ...remote },
        { type: 'connection-bytes', connection: -1, bytes: byte(1) },
      ],
    ]);
    assert.equal(stream.said, ['send 7+7']);
    stream.events.closed('gone');
    await turn();
    assert.equal(machine.batches.at(-1), [
      { type: 'connection-closed', connection: -1, reason: 'gone' },
    ]);
  });

  test('are accepted with numbers like those of clients', async () => {
    const { machine, driver, attach } = setUp();
    const stream = new Recorder();
    attach();
    driver.connections.attachLink('election', { address: '10.0.0.3', port: 5 }, () => stream);
    await turn();
    const told = machine.batches.flat().map((input) => 'connection' in input && input.connection);
    assert.equal(told, [1, 2]);
    assert.is(machine.batches[0]![1]!.type, 'link-opened');
  });

  test('end once, whether nobody answers or the machine gives up', async () => {
    const failing = await dialing();
    failing.dial.events.failed('nobody answered');
    await turn();
    const closed = (reason: string) => ({ type: 'connection-closed', connection: -1, reason });
    assert.equal(failing.machine.batches, [[closed('nobody answered')]]);

    const close: Effect = { type: 'close', connection: -1, reason: 'no longer wanted' };
    const { machine, client, dial } = await dialing({ 2: [close, close] });
    client.events.received(byte(2));
    await turn();
    await turn();
    assert.ok(dial.isOver);
    assert.equal(machine.batches.slice(1), [[closed('no longer wanted')]]);
  });

  test('are read from though their other end is slow, and cut when it is much too slow', async () => {
    const send: Effect = { type: 'send', connection: -1, bytes: byte(7), after: 0 };
    const { machine, open, events } = await dialing({ 1: [send] });
    const stream = open();
    const round = async (unsentBytes: number) => {
      stream.unsentBytes = unsentBytes;
      stream.events.received(byte(1));
      await turn();
    };
    await round(101);
    await round(1_999);
    stream.events.drained();
    await turn();
    assert.equal(stream.said, ['send 7', 'send 7']);
    const slow = machine.batches.flat().filter(({ type }) => type === 'connection-slow');
    const told = { type: 'connection-slow', connection: -1 };
    assert.equal(slow, [
      { ...told, slow: true },
      { ...told, slow: false },
    ]);
    await round(2_001);
    assert.is(stream.said.at(-1), 'destroy');
    assert.is(events[0]?.event, 'link.slow-reader');
  });

  test('end with the driver, those that are not there yet too', async () => {
    const { driver, client, dial } = await dialing();
    driver.end({ code: 0, reason: 'done' });
    assert.ok(dial.isOver);
    assert.equal(client.said, [], 'a client hears what was said to it');

    const linked = await dialing();
    const stream = linked.open();
    linked.driver.end({ code: 0, reason: 'done' });
    assert.equal(stream.said, ['destroy']);
  });
});
