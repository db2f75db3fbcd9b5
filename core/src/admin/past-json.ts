import { errorNameOf } from '../base/errors.js';
import { hexLong } from '../base/long.js';
import type {
  PastAcl,
  PastAnswer,
  PastData,
  PastNode,
  PastPart,
  PastSide,
  PastTransaction,
} from './past.js';
import type { AdminObject } from './values.js';

/** An answer as JSON has it: ids are hexadecimal texts, exact in every language. */
export function pastBody(answer: PastAnswer): AdminObject {
  switch (answer.type) {
    case 'span':
      return {
        first_zxid: hexOrNull(answer.first?.zxid),
        first_time: answer.first?.time ?? null,
        last_zxid: hexOrNull(answer.last?.zxid),
        last_time: answer.last?.time ?? null,
        exact_from: hexOrNull(answer.exactFrom),
        log_bytes: answer.logBytes,
        snapshots: answer.snapshots.map(hexLong),
      };
    case 'transactions':
      return {
        transactions: answer.rows.map(transaction),
        gaps: answer.gaps.map(({ after, before }) => {
          return { after: hexOrNull(after), before: hexOrNull(before) };
        }),
        next: hexOrNull(answer.next),
        read_bytes: answer.readBytes,
      };
    case 'node':
      return {
        zxid: hexLong(answer.zxid),
        time: answer.time ?? null,
        node: answer.node === undefined ? null : node(answer.node),
        children: answer.children.map(({ name, childCount, owner }) => {
          return { name, num_children: childCount, owner: hexLong(owner) };
        }),
        next: answer.next ?? null,
      };
    case 'change':
      return {
        before_zxid: hexOrNull(answer.beforeZxid),
        before: answer.before === undefined ? null : node(answer.before),
        after: answer.after === undefined ? null : node(answer.after),
      };
    case 'differences':
      return {
        from_zxid: hexLong(answer.fromZxid),
        from_time: answer.fromTime ?? null,
        to_zxid: hexLong(answer.toZxid),
        to_time: answer.toTime ?? null,
        differences: answer.rows.map(({ kind, path, what, before, after }) => {
          return { kind, path, what, before: side(before), after: side(after) };
        }),
        visited: answer.visited,
        next: answer.next ?? null,
      };
    case 'preparing':
      return { preparing: true };
    case 'refused':
      return { error: answer.error };
  }
}

function hexOrNull(id: bigint | undefined): string | null {
  return id === undefined ? null : hexLong(id);
}

function transaction(row: PastTransaction): AdminObject {
  return {
    zxid: hexLong(row.zxid),
    time: row.time,
    session: hexLong(row.session),
    cxid: row.cxid,
    type: row.type,
    error: row.error ?? null,
    error_name: row.error === undefined ? null : (errorNameOf(row.error) ?? null),
    ...(row.timeout !== undefined && { timeout: row.timeout }),
    parts: row.parts.map(part),
    part_count: row.partCount,
  };
}

function part({ type, path, version, data, acl, ephemeral, ttl, error }: PastPart): AdminObject {
  return {
    type,
    ...(path !== undefined && { path }),
    ...(version !== undefined && { version }),
    ...(data !== undefined && { data: dataOf(data) }),
    ...(acl !== undefined && { acl: acl.map(aclOf) }),
    ...(ephemeral === true && { ephemeral }),
    ...(ttl !== undefined && { ttl }),
    ...(error !== undefined && { error }),
  };
}

function dataOf({ length, content, encoding }: PastData): AdminObject {
  if (content === undefined) return { length };
  return { length, content, ...(encoding !== undefined && { encoding }) };
}

function aclOf({ perms, scheme, id }: PastAcl): AdminObject {
  return { perms, scheme, id };
}

function node(of: PastNode): AdminObject {
  return {
    path: of.path,
    czxid: hexLong(of.czxid),
    mzxid: hexLong(of.mzxid),
    pzxid: hexLong(of.pzxid),
    ctime: of.ctime,
    mtime: of.mtime,
    version: of.version,
    cversion: of.cversion,
    aversion: of.aversion,
    owner: hexLong(of.owner),
    num_children: of.childCount,
    data: dataOf(of.data),
    acl: of.acl === undefined ? null : of.acl.map(aclOf),
  };
}

function side(of: PastSide | undefined): AdminObject | null {
  if (of === undefined) return null;
  const { czxid, version, aversion, length } = of;
  return { czxid: hexLong(czxid), version, aversion, length };
}
