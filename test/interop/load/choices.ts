/** What a client of the checked load asks for next, chosen by a seed. */
import { createModes } from '@vivarium/core/internal/wire/create-modes';
import { writeMultiRequest } from '@vivarium/core/internal/wire/multi';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { PathRequest, ReadRequest } from '@vivarium/core/internal/wire/records';
import { encode } from '@vivarium/core/internal/wire/types';
import { Writer } from '@vivarium/core/internal/wire/writer';
import type { Random } from '../back-to-back/random.js';
import {
  chooseWrite,
  createOf,
  encodeWrite,
  type Owned,
  places,
  SHARED_NODES,
} from '../crash/writes.js';

/** A request without its xid. */
export interface Choice {
  readonly opcode: number;
  readonly body: Uint8Array;
}

/** How many of its own nodes a client keeps; what is beyond is deleted before more is made. */
const OWNED_MOST = 40;
const SYNC: Choice = { opcode: opcodes.sync, body: encode(PathRequest, { path: '/' }) };
const CHOSEN_SHARE = { write: 50, read: 44, sync: 6 } as const;

/** What has to be there before the load begins, in one multi. */
export function layout(): Choice {
  const shared = Array.from({ length: SHARED_NODES }, (_, at) => `/sets/${at}`);
  const ops = [...places, ...shared].map((path) => createOf(path, '', createModes.persistent.flag));
  const writer = new Writer();
  writeMultiRequest(writer, ops);
  return { opcode: opcodes.multi, body: writer.copy() };
}

export class Choices {
  readonly #random: Random;
  readonly #owned: Owned;

  constructor(name: string, random: Random) {
    this.#random = random;
    this.#owned = { name, paths: [], count: 0 };
  }

  next(): Choice {
    return this.#random.weighted<() => Choice>([
      [CHOSEN_SHARE.write, () => this.#write()],
      [CHOSEN_SHARE.read, () => this.#read()],
      [CHOSEN_SHARE.sync, () => SYNC],
    ])();
  }

  /** A sequential node was made: only the server knew its name. */
  made(path: string): void {
    this.#owned.paths.push(path);
  }

  #write(): Choice {
    const { paths } = this.#owned;
    if (paths.length > OWNED_MOST) {
      const path = paths.splice(this.#random.below(paths.length), 1)[0]!;
      return choiceOf({ op: 'delete', path, version: -1 });
    }
    return choiceOf(chooseWrite(this.#random, this.#owned));
  }

  #read(): Choice {
    const random = this.#random;
    const { paths, name, count } = this.#owned;
    const path = random.weighted<() => string>([
      [5, () => `/sets/${random.below(SHARED_NODES)}`],
      [4, () => (paths.length === 0 ? '/mine' : random.pick(paths))],
      [1, () => `/brief/${name}-${1 + random.below(count + 1)}`],
      [1, () => random.pick(places)],
    ])();
    const watched = { path, watch: false };
    return random.weighted<() => Choice>([
      [5, () => ({ opcode: opcodes.getData, body: encode(ReadRequest, watched) })],
      [3, () => ({ opcode: opcodes.exists, body: encode(ReadRequest, watched) })],
      [1, () => ({ opcode: opcodes.getAcl, body: encode(PathRequest, { path }) })],
      [1, () => this.#children()],
      [1, () => this.#several()],
    ])();
  }

  #children(): Choice {
    const path = this.#random.pick(places);
    const body = encode(ReadRequest, { path, watch: false });
    return { opcode: opcodes.getChildren2, body };
  }

  #several(): Choice {
    const path = () => `/sets/${this.#random.below(SHARED_NODES)}`;
    const writer = new Writer();
    writeMultiRequest(writer, [
      { op: 'getData', path: path(), watch: false },
      { op: 'getData', path: path(), watch: false },
      { op: 'getChildren', path: '/brief', watch: false },
    ]);
    return { opcode: opcodes.multiRead, body: writer.copy() };
  }
}

function choiceOf(write: ReturnType<typeof chooseWrite>): Choice {
  const { code, body } = encodeWrite(write);
  return { opcode: code, body };
}
