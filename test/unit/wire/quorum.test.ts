import {
  epochAck,
  isOffer,
  PacketReader,
  packetTypes,
  readEpochAck,
  readLearnerInfo,
  readTouches,
  writeLearnerInfo,
  writeOffer,
  writePacket,
  writeRequest,
} from '@vivarium/core/internal/wire/quorum';
import { MalformedError } from '@vivarium/core/internal/wire/reader';
import { beginSeal, endSeal, SealReader } from '@vivarium/core/internal/wire/seal';
import { Writer } from '@vivarium/core/internal/wire/writer';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function written(write: (to: Writer) => void): Uint8Array {
  const to = new Writer();
  write(to);
  return to.copy();
}

/** What a reader finds, a line for each packet. */
function packetsIn(reader: PacketReader): string[] {
  const lines: string[] = [];
  while (reader.next()) {
    const { type, zxidHigh, zxidLow, data, identities } = reader;
    const who = identities.map(({ scheme, id }) => `${scheme}:${id}`).join(' ');
    lines.push(`${type} ${zxidHigh}:${zxidLow} ${data === null ? 'null' : hex(data)} ${who}`);
  }
  return lines;
}

const somePackets = written((to) => {
  writePacket(to, packetTypes.newLeader, 3, 0);
  writePacket(to, packetTypes.proposal, 3, 1, Uint8Array.of(1, 2, 3));
  writePacket(to, packetTypes.ping, 3, 1, new Uint8Array(0));
  const identities = [
    { scheme: 'ip', id: '127.0.0.1' },
    { scheme: 'digest', id: 'ü:x' },
  ];
  const session = { idHigh: 1, idLow: 2 };
  writeRequest(to, packetTypes.request, session, 7, 5, Uint8Array.of(9), identities);
  writeRequest(to, packetTypes.request, session, 8, 5, Uint8Array.of(9), identities.slice(1));
  writeRequest(to, packetTypes.request, session, 9, 5, Uint8Array.of(9), identities.slice(1));
  writePacket(to, packetTypes.upToDate, -1, -1);
});

const inWords = [
  '10 3:0 null ',
  '2 3:1 010203 ',
  '5 3:1  ',
  '1 -1:-1 0000000100000002000000070000000509 ip:127.0.0.1 digest:ü:x',
  '1 -1:-1 0000000100000002000000080000000509 digest:ü:x',
  '1 -1:-1 0000000100000002000000090000000509 digest:ü:x',
  '12 -1:-1 null ',
];

suite('packets between servers', (test) => {
  test('are type, zxid, data and identities, as ZooKeeper writes them', () => {
    const bytes = written((to) => writePacket(to, packetTypes.ack, 1, 2, Uint8Array.of(0xab)));
    assert.is(hex(bytes), `${'00000003'}${'0000000100000002'}${'00000001ab'}${'ffffffff'}`);
  });

  test('are found in a stream, however it is cut up', () => {
    const random = new Random(1);
    for (let round = 0; round < 200; round++) {
      const reader = new PacketReader();
      const found: string[] = [];
      for (let at = 0; at < somePackets.length; ) {
        const end = Math.min(somePackets.length, at + 1 + random.below(30));
        reader.push(somePackets.slice(at, end));
        found.push(...packetsIn(reader));
        at = end;
      }
      assert.equal(found, inWords);
      assert.is(reader.buffered, 0);
    }
  });

  test('leave what follows them to others', () => {
    const reader = new PacketReader();
    reader.push(Uint8Array.from([...written((to) => writePacket(to, 15, 0, 1)), 7, 8]));
    assert.ok(reader.next());
    assert.equal([...reader.takeRest()], [7, 8]);
    assert.is(reader.buffered, 0);
  });

  for (const [what, bytes, why] of [
    ['a length below -1', [0, 0, 0, 1, ...zeros(8), 255, 255, 255, 254], /claims -2 bytes/],
    ['a length beyond 256 MiB', [0, 0, 0, 1, ...zeros(8), 127, 0, 0, 0], /claims 2130706432 bytes/],
    ['too many identities', [...zeros(16), 0, 0, 0x20, 0], /claims 8192 identities/],
    ['fewer than no identities', [...zeros(16), 255, 255, 255, 0], /claims -256 identities/],
    [
      'an identity without end',
      [...zeros(16), 0, 0, 0, 1, 64, 0, 0, 0],
      /an identity claims 1073741824 bytes/,
    ],
  ] as const) {
    test(`are refused with ${what}, before anything is kept for it`, () => {
      const reader = new PacketReader();
      reader.push(Uint8Array.from(bytes));
      assert.throws(
        () => reader.next(),
        (error: Error) => error instanceof MalformedError && why.test(error.message),
      );
    });
  }
});

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}

suite('the first words of a learner', (test) => {
  const whole = written((to) => writeLearnerInfo(to, 3, 0x1_0000_0002n));

  test('are 20 bytes: number, protocol and version of the servers', () => {
    assert.is(hex(whole), `${'0000000000000003'}${'00010000'}${'0000000100000002'}`);
    const { serverId, protocolVersion, configVersion, rest } = readLearnerInfo(whole);
    assert.equal([serverId, protocolVersion, configVersion], [3n, 0x10000, 0x1_0000_0002n]);
    assert.is(rest.length, 0);
  });

  test('of old releases are 8 or 12 bytes', () => {
    assert.is(readLearnerInfo(whole.subarray(0, 8)).protocolVersion, 0);
    assert.is(readLearnerInfo(whole.subarray(0, 12)).protocolVersion, 0x10000);
    assert.is(readLearnerInfo(whole.subarray(0, 12)).configVersion, 0n);
  });

  test('may be longer: with the offer of Vivarium, or with something else', () => {
    const offer = written(writeOffer);
    assert.is(hex(offer), '5649564100000001');
    const offered = written((to) => {
      writeLearnerInfo(to, 3, 0n);
      writeOffer(to);
    });
    assert.ok(isOffer(readLearnerInfo(offered).rest));
    for (const rest of ['', '56495641', '5649564100000002', '0000000000000000']) {
      const bytes = written((to) => {
        writeLearnerInfo(to, 3, 0n);
        to.raw(Buffer.from(rest, 'hex'));
      });
      const info = readLearnerInfo(bytes);
      assert.is(info.serverId, 3n);
      assert.not.ok(isOffer(info.rest), rest);
    }
  });

  test('must be there', () => {
    for (const data of [null, new Uint8Array(7)]) {
      assert.throws(() => readLearnerInfo(data), /does not say who it is/);
    }
  });
});

suite('sealed frames', (test) => {
  const content = Uint8Array.from({ length: 50 }, (_, at) => at);
  const sealed = written((to) => {
    beginSeal(to);
    to.raw(content);
    endSeal(to);
  });

  test('give what was put in, however they are cut up', () => {
    for (let size = 1; size <= sealed.length; size++) {
      const reader = new SealReader();
      const found: Uint8Array[] = [];
      for (let at = 0; at < 2 * sealed.length; at += size) {
        const twice = Uint8Array.from([...sealed, ...sealed]);
        reader.push(twice.slice(at, at + size));
        for (let next = reader.next(); next !== undefined; next = reader.next()) {
          found.push(next.slice());
        }
      }
      assert.equal(found, [content, content]);
    }
  });

  test('are refused whichever bit of them has changed', () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const bytes = sealed.slice();
      bytes[bit >> 3] = bytes[bit >> 3]! ^ (1 << (bit & 7));
      const reader = new SealReader();
      /* A frame that claims to be longer waits for more, and fails with that. */
      const more = bit < 32 ? new Uint8Array(1 << 16) : new Uint8Array(0);
      reader.push(Uint8Array.from([...bytes, ...more]));
      let isWaiting = false;
      try {
        isWaiting = reader.next() === undefined;
        assert.ok(isWaiting, `bit ${bit} passed`);
      } catch (error) {
        assert.instance(error, MalformedError);
      }
      assert.ok(!isWaiting || bit < 16, `bit ${bit} of the length must not wait for so much`);
    }
  });
});

suite('the sessions that a learner has heard from', (test) => {
  test('are read from 12 bytes each', () => {
    const bytes = written((to) => {
      for (const [session, timeout] of [
        [1n, 4_000],
        [-5n, 30_000],
      ] as const) {
        to.long(session);
        to.int(timeout);
      }
    });
    assert.equal(readTouches(bytes), [
      { session: 1n, timeoutMs: 4_000 },
      { session: -5n, timeoutMs: 30_000 },
    ]);
    assert.equal(readTouches(null), []);
    const isMalformed = (error: unknown) => error instanceof MalformedError;
    assert.throws(() => readTouches(bytes.subarray(0, 13)), isMalformed);
  });
});

suite('the data of an ACKEPOCH', (test) => {
  test('is the epoch, as ZooKeeper writes it', () => {
    assert.is(hex(epochAck({ currentEpoch: 7, wantsTree: false })), '00000007');
    assert.equal(readEpochAck(Uint8Array.of(0xff, 0xff, 0xff, 0xff)), {
      currentEpoch: -1,
      wantsTree: false,
    });
  });

  test('may have a wish behind it', () => {
    const bytes = epochAck({ currentEpoch: 7, wantsTree: true });
    assert.is(hex(bytes), '0000000701');
    assert.equal(readEpochAck(bytes), { currentEpoch: 7, wantsTree: true });
  });

  test('must be there', () => {
    const isMalformed = (error: unknown) => error instanceof MalformedError;
    assert.throws(() => readEpochAck(null), isMalformed);
    assert.throws(() => readEpochAck(Uint8Array.of(0, 0, 7)), isMalformed);
  });
});
