/** Members of a group, by the names that recipes give their nodes. */
export interface MemberName {
  /** What the member is called; undefined where only its data says it. */
  readonly id: string | undefined;
  readonly library: 'kazoo' | 'vivarium or curator';
}

/** kazoo's `Party`, whose identifier is the node's data. */
const PARTY = /^[0-9a-f]{32}__party__\d{10}$|^[0-9a-f]{32}__party__$/;
/** kazoo's `ShallowParty`. */
const SHALLOW = /^[0-9a-f]{32}-(.*)$/s;

/** Reads the name of a child of a group's folder: ours and Curator's are the id itself. */
export function memberName(name: string): MemberName {
  if (PARTY.test(name)) return { id: undefined, library: 'kazoo' };
  const shallow = SHALLOW.exec(name)?.[1];
  if (shallow !== undefined) return { id: shallow, library: 'kazoo' };
  return { id: name, library: 'vivarium or curator' };
}
