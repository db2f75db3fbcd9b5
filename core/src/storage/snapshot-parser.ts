import { longOf } from '../base/long.js';
import { OPEN_ACL_ID } from '../tree/acl-table.js';
import type { Database } from '../tree/database.js';
import { STAT_WORDS } from '../tree/rows.js';
import { MalformedError } from '../wire/reader.js';
import { Acl } from '../wire/records.js';
import type { ByteWindow } from './byte-window.js';
import { END_MARK, END_MARK_BYTES } from './snapshot-format.js';

/** ACL id and StatPersisted, behind a node's data. */
const NODE_TAIL_BYTES = 68;
const SESSION_BYTES = 12;

type Phase = 'begin' | 'sessions' | 'acls' | 'nodes' | 'end' | 'done';

/**
 * Reads what a snapshot in a file and one on the wire have in common (`snapshot-body.ts`) into a
 * database, as far as bytes are there: each session, ACL and node is read when it is whole.
 */
export class SnapshotParser {
  readonly #database: Database;
  readonly #words = new Int32Array(STAT_WORDS);
  #phase: Phase = 'begin';
  /** Sessions or ACLs that are still to come. */
  #left = 0;
  /** The ACL that is being read, and its entries that are still to come. */
  #aclId = 0;
  #acl: Acl[] | undefined;
  #aclLeft = 0;
  #hasRoot = false;
  #nodesRead = 0;
  #lastPath = '';

  /** Empties the database but for its tree, which the root empties. */
  constructor(database: Database) {
    database.startLoading();
    this.#database = database;
  }

  /** Nodes that were read whole. */
  get nodesRead(): number {
    return this.#nodesRead;
  }

  /** Path of the last one; '' for the root. */
  get lastPath(): string {
    return this.#lastPath;
  }

  /**
   * Reads on. @returns whether the end mark was read; false when more bytes are needed
   *
   * @throws MalformedError when the bytes are not those of a snapshot
   */
  advance(from: ByteWindow): boolean {
    for (;;) {
      switch (this.#phase) {
        case 'begin':
          if (!this.#count(from)) return false;
          this.#phase = 'sessions';
          break;
        case 'sessions':
          if (!this.#sessions(from) || !this.#count(from)) return false;
          this.#phase = 'acls';
          break;
        case 'acls':
          if (!this.#acls(from)) return false;
          this.#phase = 'nodes';
          break;
        case 'nodes':
          if (!this.#nodes(from)) return false;
          this.#phase = 'end';
          break;
        case 'end':
          if (!readEndMark(from)) return false;
          this.#phase = 'done';
          break;
        case 'done':
          return true;
      }
    }
  }

  #count(from: ByteWindow): boolean {
    if (!from.ensure(4)) return false;
    this.#left = countOf(from, SESSION_BYTES);
    return true;
  }

  #sessions(from: ByteWindow): boolean {
    const { sessions } = this.#database;
    for (; this.#left > 0; this.#left--) {
      if (!from.ensure(SESSION_BYTES)) return false;
      const session = from.long();
      sessions.set(session, from.int());
    }
    return true;
  }

  #acls(from: ByteWindow): boolean {
    for (; this.#left > 0; this.#left--) {
      if (this.#acl === undefined) {
        if (!from.ensure(12)) return false;
        this.#aclId = Number(from.long());
        this.#aclLeft = countOf(from, 1);
        this.#acl = [];
      }
      for (; this.#aclLeft > 0; this.#aclLeft--) {
        if (!hasAcl(from)) return false;
        this.#acl.push(Acl.read(from));
      }
      this.#database.acls.load(this.#aclId, this.#acl);
      this.#acl = undefined;
    }
    return true;
  }

  #nodes(from: ByteWindow): boolean {
    const words = this.#words;
    const database = this.#database;
    for (;;) {
      if (!from.ensure(4)) return false;
      const pathLength = intAt(from.bytes, from.position);
      if (pathLength < 0) throw new MalformedError(`unreasonable length ${pathLength}`);
      if (pathLength === 1) {
        if (!this.#hasRoot) throw new MalformedError('there are no nodes');
        return true;
      }
      if (!from.ensure(8 + pathLength)) return false;
      const dataLength = Math.max(0, intAt(from.bytes, from.position + 4 + pathLength));
      if (!from.ensure(8 + pathLength + dataLength + NODE_TAIL_BYTES)) return false;
      const path = from.string();
      if ((path === '') === this.#hasRoot) {
        throw new MalformedError('the root is not the first node');
      }
      this.#hasRoot = true;
      const data = from.bufferOrNull();
      const aclId = aclIdOf(from.int(), from.int());
      for (let i = 0; i < STAT_WORDS; i++) words[i] = from.int();
      database.loadWords(path, data, aclId, words);
      this.#nodesRead++;
      this.#lastPath = path;
    }
  }
}

/** Reads an end mark. @returns false when it is not there yet */
export function readEndMark(from: ByteWindow): boolean {
  if (!from.ensure(END_MARK_BYTES)) return false;
  if (from.string() !== END_MARK) throw new MalformedError('an end mark is missing');
  return true;
}

/** Number of things of at least `leastBytes`. */
function countOf(from: ByteWindow, leastBytes: number): number {
  const count = from.int();
  if (count < 0 || count > from.left / leastBytes) {
    throw new MalformedError(`unreasonable count ${count}`);
  }
  return count;
}

/** Whether one entry of an ACL is there: permissions, scheme and identity. */
function hasAcl(from: ByteWindow): boolean {
  if (!from.ensure(8)) return false;
  const idAt = 8 + textLength(intAt(from.bytes, from.position + 4));
  if (!from.ensure(idAt + 4)) return false;
  return from.ensure(idAt + 4 + textLength(intAt(from.bytes, from.position + idAt)));
}

/** Bytes of a text that may be null. */
function textLength(length: number): number {
  if (length < -1) throw new MalformedError(`unreasonable length ${length}`);
  return Math.max(0, length);
}

/** The id is a long in the file, and an int wherever it is used. */
function aclIdOf(high: number, low: number): number {
  if (high === 0 ? low > 0 : high === -1 && low === OPEN_ACL_ID) return low;
  throw new MalformedError(`ACL id ${longOf(high, low)} is out of range`);
}

function intAt(b: Uint8Array, at: number): number {
  return (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!;
}
