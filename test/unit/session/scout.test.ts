import { readConnectRequest } from '@vivarium/core/internal/wire/connect';
import { Reader } from '@vivarium/core/internal/wire/reader';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { SessionRig, welcomeFrame, write } from './rig.js';

/** A session with a server that only answers reads, the first of some. */
function cutOff(serverCount = 3): SessionRig {
  const rig = new SessionRig({ serverCount, readOnly: true });
  rig.opened();
  rig.welcome(7n, 6_000, true);
  rig.take();
  return rig;
}

/** The question that is under way; the time passes until there is one. */
function asked(rig: SessionRig): { readonly attempt: number; readonly server: number } {
  for (let i = 0; i < 1_000; i++) {
    const open = rig.of('open').at(-1);
    const isOver = rig.of('disconnect').some(({ attempt }) => attempt === open?.attempt);
    if (open !== undefined && open.attempt < 0 && !isOver) return open;
    keepAlive(rig);
    rig.pass(Math.max(0, rig.session.wakeAt - rig.now));
  }
  throw new Error('nobody is asked');
}

/** The server answers whatever it is asked. */
function keepAlive(rig: SessionRig, zxid = 1n): void {
  for (const { xid } of rig.sent()) rig.answer(xid, { zxid });
  rig.effects = rig.effects.filter(({ type }) => type !== 'send');
}

function opened(rig: SessionRig, attempt: number) {
  rig.step({ type: 'transport-opened', attempt });
  const { bytes } = rig.of('send').findLast((each) => each.attempt === attempt)!;
  return readConnectRequest(new Reader(bytes.subarray(4)));
}

const hungUp = (rig: SessionRig, attempt: number) =>
  rig.step({ type: 'transport-closed', attempt, reason: 'no' });

suite('a client of a server that only answers reads', (test) => {
  test('asks another, by a greeting that changes nothing and that such a server leaves', () => {
    const rig = cutOff();
    rig.request('a');
    keepAlive(rig, 42n);
    const { attempt, server } = asked(rig);
    assert.is(server, 1);
    const { sessionId, lastZxidSeen, readOnly, passwd } = opened(rig, attempt);
    assert.equal([sessionId, lastZxidSeen, readOnly], [1n, 42n, false]);
    assert.equal(passwd, new Uint8Array(16));
    assert.equal(rig.states(), []);
  });

  test('moves at once to the first that answers', () => {
    const rig = cutOff();
    hungUp(rig, asked(rig).attempt);
    rig.take();
    const { attempt, server } = asked(rig);
    assert.is(server, 2);
    opened(rig, attempt);
    rig.request('read');
    rig.request('write', write);
    rig.take();
    const bytes = welcomeFrame(0n, 0, false);
    rig.step({ type: 'transport-bytes', attempt, bytes: bytes.slice(0, 9) });
    assert.equal(rig.of('disconnect'), []);
    rig.step({ type: 'transport-bytes', attempt, bytes: bytes.slice(9) });
    const open = rig.of('open').at(-1)!;
    assert.equal([open.server, open.attempt > 0], [2, true], 'no time has passed');
    assert.is(rig.of('disconnect').length, 2);
    assert.equal(
      rig.of('failed').map(({ token }) => token),
      ['write'],
    );
    rig.opened();
    assert.is(rig.greeting().readOnly, true);
    rig.welcome(8n);
    assert.is(rig.states().at(-1), 'connected');
    assert.ok(
      rig.sent().some(({ opcode }) => opcode === 4),
      'the read is sent again',
    );
    rig.take();
    keepAlive(rig);
    rig.pass(1_000);
    assert.equal(rig.of('open'), [], 'nobody is asked any more');
  });

  test('goes on looking, ever more rarely, and leaves out the one it is with', () => {
    const rig = cutOff();
    const servers = new Set<number>();
    const times = [rig.now];
    for (let i = 0; i < 30; i++) {
      const { attempt, server } = asked(rig);
      servers.add(server);
      times.push(rig.now);
      if (i % 3 === 0) hungUp(rig, attempt);
      else if (i % 3 === 1) {
        opened(rig, attempt);
        rig.step({ type: 'transport-bytes', attempt, bytes: welcomeFrame(9n, 6_000, true) });
      } else {
        opened(rig, attempt);
        rig.step({ type: 'transport-bytes', attempt, bytes: Uint8Array.of(0, 0, 0, 1, 9) });
      }
      rig.effects = [];
    }
    assert.equal([...servers].sort(), [1, 2]);
    const gaps = times.slice(1).map((at, i) => at - times[i]!);
    assert.ok(gaps[0]! <= 100 && gaps[1]! <= 100, gaps.join());
    assert.ok(Math.max(...gaps) <= 10_000);
    assert.ok(gaps.at(-1)! >= 5_000);
    assert.equal(rig.states(), []);
  });

  test('gives a server up that does not answer', () => {
    const rig = cutOff();
    const first = asked(rig);
    keepAlive(rig);
    rig.pass(2_000);
    assert.ok(rig.of('disconnect').some(({ attempt }) => attempt === first.attempt));
    rig.step({ type: 'transport-opened', attempt: first.attempt });
    assert.equal(
      rig.of('send').filter(({ attempt }) => attempt < 0),
      [],
    );
    const next = asked(rig);
    assert.is(next.server, 2);
    const bytes = welcomeFrame(0n, 0, false);
    rig.step({ type: 'transport-bytes', attempt: first.attempt, bytes });
    assert.equal(rig.states(), [], 'what an old attempt says is nothing');
  });

  test('asks the same name again where it knows only one: others may stand behind it', () => {
    const rig = cutOff(1);
    assert.is(asked(rig).server, 0);
  });

  test('stops asking when it loses that server, and when it closes', () => {
    for (const end of ['cut', 'close'] as const) {
      const rig = cutOff();
      const { attempt } = asked(rig);
      if (end === 'cut') rig.closed();
      else rig.step({ type: 'close' });
      assert.ok(rig.of('disconnect').some((each) => each.attempt === attempt));
      hungUp(rig, attempt);
      rig.take();
      rig.pass(1_000);
      assert.equal(
        rig.of('open').filter((each) => each.attempt < 0),
        [],
      );
    }
  });

  test('asks nobody when its server takes writes', () => {
    const rig = new SessionRig({ serverCount: 3, readOnly: true }).attach();
    rig.take();
    rig.pass(1_000);
    assert.equal(rig.of('open'), []);
  });
});
