import { concatBytes, fromHex, utf8 } from '@vivarium/core/internal/base/bytes';
import { writeHandshake, writeNotification } from '@vivarium/core/internal/wire/election';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { LinksRig, says } from './election-links-rig.js';

const word = writeNotification(says());

suite('of two servers', (test) => {
  test('the one with the larger id keeps the connection it has opened', () => {
    const rig = new LinksRig(2);
    const to1 = rig.succeed(rig.dials.get(1)!);
    assert.equal(rig.said, [`${to1}: I am 2`, `${to1}: looking 1 round 1`]);
    rig.links.bytes(to1, word);
    assert.equal(rig.heard, [{ from: 1, notification: says() }]);
    assert.equal(rig.closed, []);
  });

  test('the one with the smaller id says who it is, hangs up, and is connected to', () => {
    const rig = new LinksRig(2);
    const to3 = rig.succeed(rig.dials.get(3)!);
    assert.equal(rig.said, [`${to3}: I am 2`]);
    assert.match(rig.closed[0]!, /larger id and connects itself/);
    assert.not.ok(rig.links.has(to3));
    const from3 = rig.acceptFrom(3);
    assert.equal(rig.said, [`${from3}: looking 1 round 1`]);
    rig.links.bytes(from3, word);
    assert.equal(rig.heard.length, 1);
  });

  test('the larger hangs up on the smaller and connects to where the configuration says', () => {
    const rig = new LinksRig(2);
    rig.links.closed(rig.dials.get(1)!, 'refused');
    rig.accept(writeHandshake(1, ['evil.example:666']));
    assert.match(rig.closed[0]!, /larger id: it connects to server 1/);
    assert.ok(rig.dials.has(1));
  });

  test('the larger makes one attempt at a time, however often it is asked', () => {
    const rig = new LinksRig(2);
    assert.equal([...rig.dials.keys()], [1, 3]);
    for (let i = 0; i < 3; i++) rig.acceptFrom(1);
    assert.equal([...rig.dials.keys()], []);
  });

  test('the larger gives up an attempt that hangs when it is asked, and makes another', () => {
    const rig = new LinksRig(2);
    const stuck = rig.dials.get(1)!;
    rig.pass(200);
    rig.acceptFrom(1);
    assert.ok(rig.closed.includes(`${stuck}: server 1 asks for a link`));
    assert.not.ok(rig.links.has(stuck));
    const fresh = rig.dials.get(1)!;
    rig.links.closed(stuck, 'closed');
    rig.links.bytes(rig.succeed(fresh), word);
    assert.is(rig.heard.length, 1);
    assert.equal(rig.events, [], 'what was given up says nothing of the other');
  });

  test('the larger gives up such an attempt beside a link that has died', () => {
    const rig = new LinksRig(2);
    const silent = rig.succeed(rig.dials.get(1)!);
    rig.pass(2_000);
    const stuck = rig.dials.get(1)!;
    rig.pass(200);
    rig.closed;
    rig.acceptFrom(1);
    const ended = rig.closed.map((line) => Number(line.split(':')[0]));
    assert.equal(new Set(ended), new Set([silent, stuck, 1]));
    assert.equal([...rig.dials.keys()], [1]);
  });

  test('the larger keeps a young link when it is asked: both have connected at once', () => {
    const rig = new LinksRig(2);
    rig.succeed(rig.dials.get(1)!);
    rig.acceptFrom(1);
    assert.equal(rig.lost, []);
    rig.pass(1_000);
    rig.acceptFrom(1);
    assert.equal(rig.lost, [1]);
    assert.ok(rig.dials.has(1));
  });

  test('a newer connection replaces the older, and what was heard on that is over', () => {
    const rig = new LinksRig(2);
    const older = rig.acceptFrom(3);
    rig.links.bytes(older, word.subarray(0, 10));
    const newer = rig.acceptFrom(3);
    assert.equal(rig.lost, [3]);
    assert.match(rig.closed.at(-1)!, new RegExp(`^${older}: a newer`));
    rig.links.bytes(older, word.subarray(10));
    assert.equal(rig.heard, []);
    rig.links.closed(older, 'closed');
    rig.links.bytes(newer, word);
    assert.is(rig.heard.length, 1);
    assert.ok(rig.links.isReachable(3));
  });

  test('an attempt under way is given up when the other has connected', () => {
    const rig = new LinksRig(2);
    const to3 = rig.dials.get(3)!;
    rig.acceptFrom(3);
    assert.equal(rig.closed, [`${to3}: the other server has connected`]);
    rig.links.closed(to3, 'closed');
    assert.ok(rig.links.isReachable(3));
    rig.links.opened(to3, '10.0.0.8');
    assert.match(rig.closed[0]!, /not wanted any more/);
  });

  test('what a link says may begin in the bytes of the handshake, and be cut anywhere', () => {
    const bytes = concatBytes([writeHandshake(3, ['h:1']), word, word]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const rig = new LinksRig(2);
      rig.accept(bytes.slice(0, cut), bytes.slice(cut));
      assert.is(rig.heard.length, 2);
    }
  });

  test('a server from before 3.5 says its id and no more', () => {
    const rig = new LinksRig(2);
    rig.accept(concatBytes([fromHex('0000000000000003'), word]));
    assert.is(rig.heard[0]!.from, 3);
  });
});

suite('a connection to the election port is refused, with a reason, when it', (test) => {
  const refused = (rig: LinksRig, what: RegExp) => {
    const [reason] = rig.closed;
    assert.match(reason ?? '', what);
    assert.is(rig.warnings('election.refused'), 1);
  };

  test('comes from a server that is not in the configuration', () => {
    const rig = new LinksRig(2);
    rig.acceptFrom(9);
    refused(rig, /server 9, of which the configuration knows nothing/);
  });

  test('comes from the id of this server', () => {
    const rig = new LinksRig(2);
    rig.acceptFrom(2);
    refused(rig, /two servers have one id/);
  });

  test('is no handshake', () => {
    const rig = new LinksRig(2);
    rig.accept(utf8('\u{10ffff} whatever this is'));
    refused(rig, /malformed/);
  });

  test('is HTTP', () => {
    const rig = new LinksRig(2);
    rig.accept(utf8('GET / HTTP/1.1\r\n'));
    refused(rig, /knows nothing/);
  });

  test('does not say in time who it is', () => {
    const rig = new LinksRig(2);
    const connection = rig.accept(writeHandshake(1, ['h:1']).subarray(0, 20));
    rig.pass(4_999);
    assert.ok(rig.links.has(connection));
    rig.pass(1);
    assert.not.ok(rig.links.has(connection));
    refused(rig, /in time/);
  });

  test('is the oldest of 65 that do not say who they are', () => {
    const rig = new LinksRig(2);
    for (let i = 0; i < 64; i++) rig.accept();
    assert.equal(rig.closed, []);
    rig.accept();
    refused(rig, /^1: too many/);
  });

  test('and each reason is told loudly once', () => {
    const rig = new LinksRig(2);
    for (let i = 0; i < 5; i++) rig.acceptFrom(9);
    assert.is(rig.closed.length, 5);
    assert.is(rig.warnings('election.refused'), 1);
  });
});
