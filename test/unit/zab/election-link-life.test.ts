import { concatBytes, fromHex } from '@vivarium/core/internal/base/bytes';
import { writeNotification } from '@vivarium/core/internal/wire/election';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { LinksRig, says } from './election-links-rig.js';

const word = writeNotification(says());

suite('a link', (test) => {
  test('that says something malformed ends, and nothing else does (ZOOKEEPER-3769)', () => {
    for (const bytes of [
      fromHex('00000000'),
      fromHex('00080001'),
      fromHex('ffffffff'),
      fromHex('00000003 010203'),
      concatBytes([fromHex('0000002c'), new Uint8Array(44).fill(0x7f)]),
    ]) {
      const rig = new LinksRig(2);
      rig.succeed(rig.dials.get(1)!);
      const from3 = rig.acceptFrom(3);
      rig.links.bytes(from3, concatBytes([word, bytes, word]));
      assert.is(rig.heard.length, 1);
      assert.equal(rig.lost, [3]);
      assert.is(rig.warnings('election.malformed'), 1);
      assert.match(rig.closed.at(-1)!, /malformed/);
      assert.ok(rig.links.isReachable(1));
      assert.equal([...rig.dials.keys()], []);
      rig.pass(50);
      assert.equal([...rig.dials.keys()], [3]);
    }
  });

  test('is not heard any more when it was closed because of what was heard on it', () => {
    const rig = new LinksRig(2);
    const from3 = rig.acceptFrom(3);
    rig.onHeard = () => rig.links.close('the server stops');
    rig.links.bytes(from3, concatBytes([word, word]));
    assert.is(rig.heard.length, 1);
  });

  test('takes a frame of 524,288 bytes', () => {
    const rig = new LinksRig(2);
    const config = 'x'.repeat(524_288 - 44);
    rig.links.bytes(rig.acceptFrom(3), writeNotification(says({ config })));
    assert.is(rig.heard[0]!.notification.config.length, 524_288 - 44);
  });

  test('begins with what there is to say by then, not with what was said without it', () => {
    const rig = new LinksRig(2);
    rig.links.send(3, says({ round: 5 }));
    rig.greeting = says({ state: 'following', leader: 1, round: 6 });
    const from3 = rig.acceptFrom(3);
    assert.equal(rig.said, [`${from3}: following 1 round 6`]);
    rig.links.send(3, says({ round: 7 }));
    assert.equal(rig.said, [`${from3}: looking 1 round 7`]);
  });

  test('says nothing before there is anything to say', () => {
    const rig = new LinksRig(2);
    rig.greeting = undefined;
    rig.acceptFrom(3);
    assert.equal(rig.said, []);
  });

  test('tells a vote as something that rests on what is durable, and a handshake as nothing', () => {
    const rig = new LinksRig(2);
    rig.succeed(rig.dials.get(1)!);
    assert.equal(
      rig.done('send').map(({ after }) => after),
      [0, 42],
    );
  });

  test('that is slow gets the newest word when it is not any more', () => {
    const rig = new LinksRig(2);
    const from3 = rig.acceptFrom(3);
    rig.said;
    rig.links.slow(from3, true);
    for (const round of [5, 6, 7]) {
      rig.greeting = says({ round });
      rig.links.send(3, rig.greeting);
    }
    assert.equal(rig.said, []);
    rig.links.slow(from3, false);
    assert.equal(rig.said, [`${from3}: looking 1 round 7`]);
    rig.links.slow(from3, true);
    rig.links.slow(from3, false);
    assert.equal(rig.said, []);
  });

  test('that has worked is made again at once when it ends', () => {
    const rig = new LinksRig(2);
    rig.links.closed(rig.dials.get(1)!, 'refused');
    rig.pass(50);
    const to1 = rig.succeed(rig.dials.get(1)!);
    rig.links.bytes(to1, word);
    rig.pass(1_000);
    rig.links.closed(to1, 'reset');
    assert.ok(rig.dials.has(1));
    assert.ok(rig.links.isReachable(1), 'nothing is known before that has failed');
  });

  test('that ends when it has just begun is made again after a while, and after a longer one', () => {
    const rig = new LinksRig(2);
    let connection = rig.dials.get(1)!;
    for (const pauseMs of [50, 100, 200, 400, 800, 1_000, 1_000]) {
      rig.links.bytes(rig.succeed(connection), word);
      rig.links.closed(connection, 'reset');
      rig.pass(pauseMs - 1);
      assert.equal([...rig.dials.keys()], []);
      rig.pass(1);
      connection = rig.dials.get(1)!;
    }
  });
});

suite('a link that may be dead', (test) => {
  test('is made again when a vote told on it is not answered for two seconds', () => {
    const rig = new LinksRig(2);
    const old = rig.succeed(rig.dials.get(1)!);
    rig.links.send(1, says());
    rig.pass(1_999);
    assert.equal(
      [...rig.dials.keys()].filter((id) => id === 1),
      [],
    );
    rig.pass(1);
    const fresh = rig.dials.get(1)!;
    assert.ok(rig.links.has(old), 'the old one is used until then');
    rig.succeed(fresh);
    assert.match(rig.closed.at(-1)!, new RegExp(`^${old}: a newer`));
  });

  test('is over when the server can not even be connected to', () => {
    const rig = new LinksRig(2);
    const old = rig.succeed(rig.dials.get(1)!);
    rig.pass(2_000);
    rig.links.closed(rig.dials.get(1)!, 'timeout');
    assert.match(rig.closed.at(-1)!, new RegExp(`^${old}: server 1 is out of reach`));
    assert.not.ok(rig.links.isReachable(1));
    assert.equal(rig.lost, [1]);
    assert.not.ok(rig.dials.has(1), 'the next attempt waits its time');
  });

  test('is in order when anything comes on it', () => {
    const rig = new LinksRig(2);
    const to1 = rig.succeed(rig.dials.get(1)!);
    for (let i = 0; i < 5; i++) {
      rig.pass(1_900);
      rig.links.send(1, says());
      rig.links.bytes(to1, word);
    }
    assert.not.ok(rig.dials.has(1));
  });

  test('is in order when this server does not look: nobody owes it an answer', () => {
    const rig = new LinksRig(2);
    rig.succeed(rig.dials.get(1)!);
    rig.links.send(1, says());
    rig.greeting = says({ state: 'leading' });
    rig.links.step();
    rig.links.send(1, rig.greeting);
    rig.pass(60_000);
    assert.not.ok(rig.dials.has(1));
    rig.greeting = says({ round: 2 });
    rig.links.send(1, rig.greeting);
    rig.pass(1_999);
    assert.not.ok(rig.dials.has(1));
  });
});
