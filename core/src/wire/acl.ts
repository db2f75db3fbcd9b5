/** Access control lists on the wire. The open one, which most have, is read without a copy. */
import type { JuteType, TypeOf } from './types.js';
import { encode, int, record, ustring, vectorOrNull } from './types.js';

/** Some clients send no text where they mean an empty one, as in the identity of `auth`. */
const text: JuteType<string> = { ...ustring, read: (from) => from.stringOrNull() ?? '' };

export const Id = record('Id', {
  /** `world`, `auth`, `digest`, `ip`, `x509`, `sasl` or a configured scheme. */
  scheme: text,
  /** The identity within the scheme, such as `anyone` or `user:hash`. */
  id: text,
});
export interface Id extends TypeOf<typeof Id> {}

export const Acl = record('Acl', {
  /** Bits: read 1, write 2, create 4, delete 8, admin 16. */
  perms: int,
  id: Id,
});
export interface Acl extends TypeOf<typeof Acl> {}

/** Everyone may do everything; the default of most clients. */
export const OPEN_ACL: readonly Acl[] = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];

const anyList = vectorOrNull(Acl);
const OPEN_BYTES = encode(anyList, OPEN_ACL);

/** A list of entries, or null. The open list always comes out as {@link OPEN_ACL} itself. */
export const aclListOrNull: JuteType<readonly Acl[] | null> = {
  name: 'aclListOrNull',
  read: (from) => (from.takeIf(OPEN_BYTES) ? OPEN_ACL : anyList.read(from)),
  write(to, value) {
    if (value === OPEN_ACL) to.raw(OPEN_BYTES);
    else anyList.write(to, value);
  },
};
