import { writeNotification } from '@vivarium/core/internal/wire/election';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { LinksRig, says } from './election-links-rig.js';

const word = writeNotification(says());

suite('a server', (test) => {
  test('is out of reach when the last attempt has failed, until there is a link', () => {
    const rig = new LinksRig(2);
    const { dials } = rig;
    assert.ok(rig.links.isReachable(1) && rig.links.isReachable(3));
    rig.links.closed(dials.get(1)!, 'refused');
    rig.links.closed(dials.get(3)!, 'timeout');
    assert.not.ok(rig.links.isReachable(1) || rig.links.isReachable(3));
    rig.acceptFrom(3);
    assert.ok(rig.links.isReachable(3));
    rig.pass(50);
    rig.succeed(rig.dials.get(1)!);
    assert.ok(rig.links.isReachable(1));
  });

  test('is in reach when it was reached and has to connect itself', () => {
    const rig = new LinksRig(2);
    rig.links.closed(rig.dials.get(3)!, 'refused');
    rig.pass(50);
    rig.succeed(rig.dials.get(3)!);
    assert.ok(rig.links.isReachable(3));
  });

  test('is out of reach when something accepts for it, says nothing and hangs up', () => {
    const rig = new LinksRig(2);
    const to1 = rig.succeed(rig.dials.get(1)!);
    rig.links.closed(to1, 'closed');
    assert.not.ok(rig.links.isReachable(1));
  });

  test('of no such number is out of reach, and is told nothing', () => {
    const rig = new LinksRig(2);
    assert.not.ok(rig.links.isReachable(9));
    rig.links.send(9, says());
    assert.equal(rig.said, []);
  });

  test('that is down is tried within a second, one attempt at a time', () => {
    const rig = new LinksRig(2);
    rig.links.closed(rig.dials.get(1)!, 'refused');
    const pauses: number[] = [];
    for (let i = 0; i < 7; i++) {
      const before = rig.turn.now;
      rig.pass(rig.links.wakeAt - before);
      pauses.push(rig.turn.now - before);
      rig.links.closed(rig.dials.get(1)!, 'refused');
    }
    assert.equal(pauses, [50, 100, 200, 400, 800, 1_000, 1_000]);
    rig.pass(1_000);
    assert.ok(rig.dials.has(1));
    rig.pass(60_000);
    assert.equal([...rig.dials.keys()], []);
  });

  test('that does not connect to us is asked again, in pauses that outgrow its way', () => {
    const rig = new LinksRig(2);
    rig.succeed(rig.dials.get(3)!);
    const pauses: number[] = [];
    for (let i = 0; i < 9; i++) {
      const before = rig.turn.now;
      rig.pass(rig.links.wakeAt - before);
      pauses.push(rig.turn.now - before);
      rig.succeed(rig.dials.get(3)!);
    }
    assert.equal(pauses, [50, 100, 200, 400, 800, 1_600, 3_200, 4_000, 4_000]);
  });

  test('has its names resolved, and all its places tried, at each attempt', () => {
    const rig = new LinksRig(2);
    const [first] = rig.done('dial');
    assert.equal(first!.addresses, [{ host: 'host1', port: 3888 }]);
    assert.is(first!.link, 'election');
    assert.is(first!.timeoutMs, 5_000);
  });

  test('that observes is not connected to before it comes by itself', () => {
    const rig = new LinksRig(2, 2, [1_0, 11]);
    assert.equal([...rig.dials.keys()], [1]);
    const from10 = rig.acceptFrom(10);
    rig.links.bytes(from10, word);
    assert.is(rig.heard[0]!.from, 10);
    rig.pass(2_000);
    rig.links.closed(from10, 'closed');
    rig.links.closed(rig.dials.get(1) ?? 0, 'refused');
    rig.pass(10_000);
    assert.not.ok([...rig.dials.keys()].includes(10));
  });

  test('that observes connects to every voter and to no observer', () => {
    const rig = new LinksRig(10, 3, [10, 11]);
    assert.equal([...rig.dials.keys()], [1, 2, 3]);
  });

  test('that leaves closes everything and takes no connection any more', () => {
    const rig = new LinksRig(2);
    const to1 = rig.succeed(rig.dials.get(1)!);
    const stranger = rig.accept();
    rig.closed;
    rig.links.close('the server stops');
    const ended = rig.closed.map((line) => Number(line.split(':')[0]));
    assert.equal(new Set(ended), new Set([to1, -2, stranger]));
    assert.is(rig.links.wakeAt, Number.POSITIVE_INFINITY);
    rig.acceptFrom(3);
    assert.match(rig.closed[0]!, /not wanted/);
  });
});

suite('the log of a server', (test) => {
  const said = (rig: LinksRig) => rig.events.splice(0).map(({ event }) => event);

  test('has once that another is out of reach, and once that it is back', () => {
    const rig = new LinksRig(2);
    for (let i = 0; i < 5; i++) {
      rig.links.closed(rig.dials.get(1)!, 'refused');
      rig.pass(1_000);
    }
    assert.equal(said(rig), ['election.no-link']);
    const to1 = rig.succeed(rig.dials.get(1)!);
    assert.equal(said(rig), ['election.link']);
    rig.links.closed(to1, 'reset');
    rig.pass(1_000);
    rig.links.closed(rig.dials.get(1)!, 'refused');
    assert.equal(said(rig), ['election.no-link']);
  });

  test('does not have that one with the larger id is back before it has connected', () => {
    const rig = new LinksRig(2);
    rig.links.closed(rig.dials.get(3)!, 'refused');
    rig.pass(50);
    rig.succeed(rig.dials.get(3)!);
    assert.equal(said(rig), ['election.no-link']);
    rig.acceptFrom(3);
    assert.equal(said(rig), ['election.link']);
  });

  test('says nothing of links that are made as they should be', () => {
    const rig = new LinksRig(2);
    rig.succeed(rig.dials.get(1)!);
    rig.acceptFrom(3);
    assert.equal(said(rig), []);
  });
});
