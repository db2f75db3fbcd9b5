/**
 * The few frames the load needs, written by hand: the load shares no code with the server, so that
 * a mistake or a slowness of one is never hidden by the other.
 */

/** What a request frame does; the numbers are ZooKeeper's. */
const codes = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  sync: 9,
  multi: 14,
} as const;

/** Where the four bytes of the xid stand in a request frame. */
export const XID_AT = 4;

/** A frame under way: its length is filled in at the end. */
class Frame {
  #parts: Buffer[] = [];

  int(value: number): this {
    const part = Buffer.alloc(4);
    part.writeInt32BE(value);
    this.#parts.push(part);
    return this;
  }

  bytes(value: Buffer): this {
    return this.int(value.length).#raw(value);
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value));
  }

  zeros(count: number): this {
    return this.#raw(Buffer.alloc(count));
  }

  flag(value: boolean): this {
    return this.#raw(Buffer.from([value ? 1 : 0]));
  }

  done(): Buffer {
    const body = Buffer.concat(this.#parts);
    const head = Buffer.alloc(4);
    head.writeInt32BE(body.length);
    return Buffer.concat([head, body]);
  }

  #raw(value: Buffer): this {
    this.#parts.push(value);
    return this;
  }
}

/** Opens a new session: version, last zxid, timeout, no session, an empty password of 16 bytes. */
export function connectFrame(timeoutMs: number): Buffer {
  return new Frame()
    .int(0)
    .zeros(8)
    .int(timeoutMs)
    .zeros(8)
    .bytes(Buffer.alloc(16))
    .flag(false)
    .done();
}

const request = (code: number) => new Frame().int(0).int(code);

export const getFrame = (path: string, watch = false): Buffer =>
  request(codes.getData).text(path).flag(watch).done();

export const setFrame = (path: string, data: Buffer): Buffer =>
  request(codes.setData).text(path).bytes(data).int(-1).done();

export const syncFrame = (path: string): Buffer => request(codes.sync).text(path).done();

export const deleteFrame = (path: string): Buffer =>
  request(codes.delete).text(path).int(-1).done();

/** Creates a persistent node that anybody may do anything with. */
export const createFrame = (path: string, data: Buffer): Buffer =>
  request(codes.create)
    .text(path)
    .bytes(data)
    .int(1)
    .int(31)
    .text('world')
    .text('anyone')
    .int(0)
    .done();

/** Sets several nodes at once. */
export function multiSetFrame(paths: readonly string[], data: Buffer): Buffer {
  const frame = request(codes.multi);
  for (const path of paths) {
    frame.int(codes.setData).flag(false).int(-1);
    frame.text(path).bytes(data).int(-1);
  }
  return frame.int(-1).flag(true).int(-1).done();
}

/** Closes the session. */
export const closeFrame = (): Buffer => request(-11).done();

/** Keeps the session alive; its xid is -2. */
export const pingFrame = (): Buffer => new Frame().int(-2).int(11).done();
