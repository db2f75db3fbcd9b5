import type { LocalMachine } from '@vivarium/core/internal/local/machine';
import type { Effect } from '@vivarium/core/internal/seam/effects';
import type { Batch } from '@vivarium/core/internal/seam/inputs';
import { packetTypes } from '@vivarium/core/internal/wire/quorum';
import { endSeal, SEAL_BYTES } from '@vivarium/core/internal/wire/seal';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import { Writer } from '@vivarium/core/internal/wire/writer';
import * as assert from 'uvu/assert';
import { MachineAround } from '../../support/machine-around.js';
import { suite } from '../../support/suite.js';
import { bytesOf } from '../peer/client.js';
import { EnsembleRig } from '../peer/ensemble-rig.js';
import { NetworkClient } from '../peer/network-client.js';
import { Random } from '../tree/random.js';
import { type Greeting, PlayedPeer } from './played-peer.js';

/** The test plays this one; the other three are a quorum. */
const PLAYED = 4;

async function ensemble(): Promise<EnsembleRig> {
  const rig = new EnsembleRig({ servers: 4 });
  for (const server of rig.servers.slice(0, 3)) server.start();
  const others = rig.servers.slice(0, 3);
  await rig.until('three serve', () => others.every(({ view }) => view?.serving));
  const client = await NetworkClient.session(rig, 1);
  assert.is(await client.create('/before'), 'OK');
  return rig;
}

const epochOf = (rig: EnsembleRig) => rig.servers[rig.leader! - 1]!.view!.lastZxid >> 32n;

/** A peer misbehaves: it is let go with a reason, and nobody else notices. */
async function isRefused(act: (peer: PlayedPeer) => Promise<void> | void, why: RegExp) {
  const rig = await ensemble();
  const leader = rig.leader!;
  const epoch = epochOf(rig);
  const peer = await PlayedPeer.to(rig, leader);
  await act(peer);
  await peer.untilClosed();
  const said = rig.events.filter(({ event }) => event === 'leader.learner-left');
  assert.is(said.length, 1, `it says once why: ${said.map(({ message }) => message)}`);
  assert.match(said[0]!.message, why, said[0]!.message);
  await rig.time.advance(3_000);
  assert.is(rig.leader, leader);
  assert.is(epochOf(rig), epoch);
  const client = await NetworkClient.session(rig, (leader % 3) + 1);
  assert.is(await client.create('/after'), 'OK');
}

/** Says which server it is, and is told of the epoch. */
async function follows(peer: PlayedPeer, greeting: Greeting = {}): Promise<void> {
  peer.greet(PLAYED, greeting);
  await peer.untilHeard(packetTypes.leaderInfo);
}

/** Says that it has all that the leader has. */
async function syncs(peer: PlayedPeer): Promise<void> {
  await follows(peer);
  peer.say(packetTypes.ackEpoch, 1, 2, Uint8Array.of(0, 0, 0, 1));
  await peer.untilHeard(packetTypes.newLeader);
}

suite('a leader lets go of a peer, and goes on, that', (test) => {
  test('is no member', () => isRefused((peer) => peer.greet(9), /server 9 is no member: check/));

  test('has the number of the leader', () =>
    isRefused((peer) => {
      peer.greet(3);
    }, /server 3 has my own number: check its myid/));

  test('has a newer list of servers', () =>
    isRefused(
      (peer) => peer.greet(PLAYED, { configVersion: 5n }),
      /its servers are those of version 0x5, and mine of 0x0: give this server the newer list/,
    ));

  test('speaks something else', () =>
    isRefused((peer) => peer.send(bytesOf('GET / HTTP/1.1\r\nHost: x\r\n\r\n')), /malformed: /));

  test('claims more bytes than a packet has', () =>
    isRefused((peer) => {
      const bytes = new Uint8Array(16).fill(0x7f);
      peer.send(bytes);
    }, /malformed: a packet of type 2139062143 claims 2139062143 bytes/));

  test('claims an epoch after which none comes', () =>
    isRefused(
      (peer) => peer.greet(PLAYED, { acceptedEpoch: 0x7fff_ffff }),
      /server 4 says that it has accepted epoch 2147483647, which no leader can have begun/,
    ));

  test('claims an epoch below zero', () =>
    isRefused(
      (peer) => peer.greet(PLAYED, { acceptedEpoch: -7 }),
      /server 4 says that it has accepted epoch -7, which no leader can have begun/,
    ));

  test('asks before it has said who it is', () =>
    isRefused(
      (peer) => peer.say(packetTypes.request, -1, -1, new Uint8Array(16)),
      /REQUEST before it said who it is/,
    ));

  test('accepts the epoch without saying what it has', () =>
    isRefused(async (peer) => {
      await follows(peer);
      peer.say(packetTypes.ackEpoch, 0, 0);
    }, /malformed: ACKEPOCH without data/));

  test('has more than the leader', () =>
    isRefused(async (peer) => {
      await follows(peer);
      peer.say(packetTypes.ackEpoch, 8, 1, Uint8Array.of(0, 0, 0, 8));
    }, /it is ahead: epoch 8, 0x800000001/));

  test('acknowledges another history', () =>
    isRefused(async (peer) => {
      await syncs(peer);
      peer.say(packetTypes.ack, 9, 0);
    }, /it acknowledges 0x900000000 before the history of the new epoch/));

  test('acknowledges what was not proposed', () =>
    isRefused(async (peer) => {
      await syncs(peer);
      peer.say(packetTypes.ack, 1, 0);
      peer.say(packetTypes.ack, 1, 700);
    }, /it acknowledges 0x1000002bc, which was not proposed/));

  test('asks while its history is made good', () =>
    isRefused(async (peer) => {
      await syncs(peer);
      peer.say(packetTypes.request, -1, -1, new Uint8Array(16));
    }, /REQUEST comes while its history is made good/));

  test('says what only leaders say', () =>
    isRefused(async (peer) => {
      await syncs(peer);
      peer.say(packetTypes.ack, 1, 0);
      peer.say(packetTypes.commit, 1, 1);
    }, /COMMIT is nothing that a learner says/));

  test('is heard with a byte changed', () =>
    isRefused(async (peer) => {
      await follows(peer, { offers: true });
      peer.saySealed(packetTypes.ack, 1, 0, 12);
    }, /a sealed frame is not what was sent: its checksum differs/));

  test('says nothing', () => isRefused(() => {}, /nothing was heard of it for too long/));
});

suite('a leader that is told anything at all', (test) => {
  test('goes on', async () => {
    const rig = await ensemble();
    const leader = rig.leader!;
    const epoch = epochOf(rig);
    const random = new Random(3);
    for (let round = 0; round < 300; round++) {
      const peer = await PlayedPeer.to(rig, leader);
      const hears = random.chance(80);
      if (hears) peer.greet(PLAYED, { offers: random.chance(20) });
      await rig.time.advance(random.below(20));
      for (let left = random.below(8); left > 0; left--) {
        const data = Uint8Array.from({ length: random.below(40) }, () => random.below(256));
        const type = random.pick(Object.values(packetTypes));
        const number = () => random.pick([-1, 0, 1, 2, 3, 0x7fff_ffff, -0x8000_0000]);
        if (random.chance(10)) peer.send(data);
        else peer.say(type, number(), number(), random.chance(20) ? null : data);
        if (random.chance(30)) await rig.time.advance(random.below(20));
      }
      peer.leave();
    }
    await rig.time.advance(3_000);
    assert.is(rig.leader, leader);
    assert.is(epochOf(rig), epoch);
    const client = await NetworkClient.session(rig, (leader % 3) + 1);
    assert.is(await client.create('/after'), 'OK');
  });
});

/** What a leader sends to its learners is changed on the way, once. */
class Meddler {
  isOn = false;
  readonly #change: (bytes: Uint8Array) => Uint8Array | undefined;

  constructor(change: (bytes: Uint8Array) => Uint8Array | undefined) {
    this.#change = change;
  }

  meddle(effects: Effect[], from: number): void {
    for (let at = effects.length - 1; at >= from && this.isOn; at--) {
      const effect = effects[at]!;
      if (effect.type !== 'send' || !holdsProposal(effect.bytes)) continue;
      this.isOn = false;
      const bytes = this.#change(effect.bytes.slice());
      if (bytes === undefined) effects.splice(at, 1);
      else effects[at] = { ...effect, bytes };
    }
  }
}

/** Behind the seal of a frame stands a packet. */
function holdsProposal(bytes: Uint8Array): boolean {
  if (bytes.length < 40) return false;
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(8) === packetTypes.proposal;
}

const allServe = (rig: EnsembleRig) => () => rig.servers.every(({ view }) => view?.serving);

class MeddledMachine extends MachineAround {
  readonly #meddler: Meddler;

  constructor(inner: LocalMachine, meddler: Meddler) {
    super(inner);
    this.#meddler = meddler;
  }

  step(batch: Batch, out: Effect[]): void {
    const from = out.length;
    this.inner.step(batch, out);
    if (this.view.mode === 'leader') this.#meddler.meddle(out, from);
  }
}

/** An ensemble whose leader's words somebody may change. */
async function meddled(meddler: Meddler): Promise<EnsembleRig> {
  const rig = new EnsembleRig({
    watched: (machine) => new MeddledMachine(machine, meddler),
  });
  rig.start();
  await rig.until('all serve', allServe(rig));
  return rig;
}

/** A learner does not take what it hears, says why, and has it all again soon. */
async function startsAgain(change: (bytes: Uint8Array) => Uint8Array | undefined, why: RegExp) {
  const meddler = new Meddler(change);
  const rig = await meddled(meddler);
  const leader = rig.leader!;
  const client = await NetworkClient.session(rig, leader);
  assert.is(await client.create('/before'), 'OK');
  const epoch = epochOf(rig);
  meddler.isOn = true;
  assert.is(await client.create('/meanwhile'), 'OK');
  assert.is(await client.create('/after'), 'OK');
  assert.not.ok(meddler.isOn);
  const told = rig.events.filter(({ message }) => why.test(message));
  assert.is(told.length, 1, rig.events.map(({ message }) => message).join('\n'));
  await rig.until('all serve again', allServe(rig));
  const same = () => new Set(rig.servers.map(({ view }) => view!.lastZxid)).size === 1;
  await rig.until('all have the same', same);
  assert.is(rig.leader, leader);
  assert.is(epochOf(rig), epoch);
  const { nodeCount } = rig.servers[0]!.view!;
  for (const { view } of rig.servers) assert.is(view!.nodeCount, nodeCount);
}

suite('a learner lets go of its leader, and comes back, when', (test) => {
  test('a byte changed on the way', () =>
    startsAgain((bytes) => {
      bytes[60] = bytes[60]! ^ 1;
      return bytes;
    }, /is not understood: a sealed frame is not what was sent/));

  test('a proposal is missing', () =>
    startsAgain(() => undefined, /is not understood: .* (is decided, and next is|comes after)/));
});

/** Where the type of a transaction stands: behind the seal, the packet's head, and its own. */
const TXN_TYPE_AT = SEAL_BYTES + 16 + 28;

suite('a server stops when it hears that its ensemble has other members', (test) => {
  const reason = (rig: EnsembleRig) =>
    rig.ends.map(({ server, reason }) => `${server}: ${reason}`).join('\n');

  test('by a transaction', async () => {
    const meddler = new Meddler((bytes) => {
      new DataView(bytes.buffer).setInt32(TXN_TYPE_AT, txnTypes.reconfig);
      const to = new Writer();
      to.raw(bytes);
      endSeal(to);
      return to.copy();
    });
    const rig = await meddled(meddler);
    const client = await NetworkClient.session(rig, rig.leader!);
    assert.is(await client.create('/before'), 'OK');
    meddler.isOn = true;
    assert.is(await client.create('/changes'), 'OK');
    await rig.until('one stops', () => rig.ends.length > 0);
    assert.match(
      reason(rig),
      /A transaction makes the members of version 0x100000003, and this server was started with 0x0\. This version cannot change its members/,
    );
    assert.is(await client.create('/after'), 'OK');
  });

  test('from its leader', async () => {
    const rig = new EnsembleRig({
      configOf: (id, servers) => ({
        ensemble: { servers, weights: new Map(), version: id === 1 ? 0n : 5n },
      }),
    });
    rig.start();
    await rig.until('one stops', () => rig.ends.length > 0);
    assert.match(reason(rig), /^1: The leader has the members of version 0x5/);
    await rig.until('the others serve', () => rig.leader !== undefined);
    assert.is(await (await NetworkClient.session(rig, rig.leader!)).create('/goes-on'), 'OK');
    assert.is(rig.ends.length, 1);
  });
});
