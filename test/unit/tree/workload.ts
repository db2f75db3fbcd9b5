import { childOf, sequenceSuffix } from '@vivarium/core/internal/base/path';
import type { Database } from '@vivarium/core/internal/tree/database';
import { OPEN_ACL, READ_ACL } from '@vivarium/core/internal/wire/permissions';
import type { Acl } from '@vivarium/core/internal/wire/records';
import { type Txn, type TxnBody, txnTypes } from '@vivarium/core/internal/wire/txns';
import type { Random } from './random.js';

const names = ['a', 'b', 'é', '10', '2', '__proto__', 'constructor', 'long-name-of-a-node', '名'];
const acls: readonly (readonly Acl[] | null)[] = [
  null,
  OPEN_ACL,
  READ_ACL,
  [{ perms: 31, id: { scheme: 'digest', id: 'u:x' } }],
  [
    { perms: 1, id: { scheme: 'ip', id: '10.0.0.0/8' } },
    { perms: 31, id: { scheme: 'digest', id: 'v:y' } },
  ],
];

/** Makes transactions that a leader could have made on top of `db`, which the caller applies. */
export class Workload {
  readonly #db: Database;
  readonly #random: Random;
  readonly #paths: string[] = ['/'];
  readonly #listsPaths: boolean;
  #counter: number;
  #time = 1_700_000_000_000;

  /**
   * @param listsPaths whether every closed session names its nodes. Releases before 3.6 did not,
   *   and such a transaction says too little to be replayed over a snapshot taken under writes.
   * @param counter of the last transaction in `db`
   */
  constructor(db: Database, random: Random, listsPaths: boolean, counter = 0) {
    this.#db = db;
    this.#counter = counter;
    this.#random = random;
    this.#listsPaths = listsPaths;
  }

  next(): Txn {
    this.#counter++;
    this.#time += this.#random.below(5);
    const body = this.#body();
    const session = BigInt(1 + this.#random.below(4));
    return {
      header: {
        clientId: session,
        cxid: this.#counter,
        zxid: (3n << 32n) | BigInt(this.#counter),
        time: this.#time,
        type: body.type,
      },
      body: body.type === txnTypes.closeSession ? this.#close(session) : body,
      digest: undefined,
    };
  }

  #body(): TxnBody {
    const dice = this.#random.below(100);
    if (dice < 40) return this.#create() ?? this.#error();
    if (dice < 60) return this.#setData();
    if (dice < 80) return this.#delete() ?? this.#error();
    if (dice < 88) return this.#setAcl();
    if (dice < 90) return { type: txnTypes.createSession, timeOut: 4000 + this.#counter };
    if (dice < 93) return { type: txnTypes.closeSession, paths2Delete: null };
    if (dice < 95) return this.#error();
    return this.#multi();
  }

  #path(): string {
    for (;;) {
      const at = this.#random.below(this.#paths.length);
      const path = this.#paths[at]!;
      if (this.#db.tree.find(path) !== -1) return path;
      this.#paths.splice(at, 1);
    }
  }

  #create(): TxnBody | undefined {
    const { tree } = this.#db;
    const parent = this.#path();
    const id = tree.find(parent);
    if (tree.kindOf(id) === 'ephemeral' || parent.length > 60) return undefined;
    const parentCVersion = tree.cversion(id) + 1;
    let path = childOf(parent, this.#random.pick(names));
    if (this.#random.chance(20)) path += sequenceSuffix(tree.cversion(id));
    if (tree.find(path) !== -1) return undefined;
    this.#paths.push(path);
    const common = { path, data: this.#data(), acl: this.#random.pick(acls), parentCVersion };
    switch (this.#random.below(6)) {
      case 0:
        return { type: txnTypes.createContainer, ...common };
      case 1:
        return { type: txnTypes.createTtl, ...common, ttl: BigInt(1 + this.#random.below(9e9)) };
      case 2:
        return { type: txnTypes.create2, ...common, ephemeral: true };
      default:
        return { type: txnTypes.create, ...common, ephemeral: false };
    }
  }

  #setData(): TxnBody {
    const path = this.#path();
    const version = this.#db.tree.version(this.#db.tree.find(path)) + 1;
    return { type: txnTypes.setData, path, data: this.#data(), version };
  }

  #delete(): TxnBody | undefined {
    const path = this.#path();
    if (path === '/' || this.#db.tree.childCount(this.#db.tree.find(path)) > 0) return undefined;
    return { type: txnTypes.delete, path };
  }

  #setAcl(): TxnBody {
    const path = this.#path();
    const version = this.#db.tree.aversion(this.#db.tree.find(path)) + 1;
    return { type: txnTypes.setAcl, path, acl: this.#random.pick(acls), version };
  }

  #error(): TxnBody {
    return { type: txnTypes.error, err: -101 };
  }

  #multi(): TxnBody {
    const first = this.#setData();
    const second = this.#random.chance(30) ? this.#error() : (this.#create() ?? this.#setAcl());
    return { type: txnTypes.multi, txns: [first, second] };
  }

  #close(session: bigint): TxnBody {
    const paths = [...this.#db.ephemerals.pathsOf(session)];
    const listed = this.#listsPaths || this.#random.chance(50);
    return { type: txnTypes.closeSession, paths2Delete: listed ? paths : null };
  }

  #data(): Uint8Array | null {
    const dice = this.#random.below(20);
    if (dice === 0) return null;
    if (dice === 1) return new Uint8Array(0);
    return this.#random.bytes(this.#random.below(dice === 2 ? 20_000 : 200));
  }
}
