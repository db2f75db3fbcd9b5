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
