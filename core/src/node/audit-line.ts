import type { AuditEvent } from '../base/audit-event.js';
import { hexLong } from '../base/long.js';

/** Keys and values of a line, in ZooKeeper's order. */
export type AuditFields = Readonly<Record<string, string>>;

/**
 * What a line of the audit log says, in ZooKeeper's order and words; what is not known is left out.
 *
 * @param serverUser who runs the server, for what it does of itself
 */
export function auditFields(event: AuditEvent, serverUser: string): AuditFields {
  const { session, users, address, operation, path, nodeType, acl, order, result } = event;
  const user = users === undefined ? serverUser : users.join(',');
  return {
    ...(session !== undefined && { session: hexLong(session) }),
    ...(user !== '' && { user: escaped(user) }),
    ...(address !== undefined && { ip: escaped(address) }),
    operation,
    ...(path !== undefined && { znode: escaped(path) }),
    ...(nodeType !== undefined && { znode_type: nodeType }),
    ...(acl !== undefined && { acl: escaped(acl) }),
    ...(order !== undefined && { order: escaped(order) }),
    result,
  };
}

/** The line itself, with `between` between its pairs and without an end. */
export function auditText(fields: AuditFields, between: string): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key}=${value}`)
    .join(between);
}

/**
 * Text of a client that can begin neither a field nor a line. ZooKeeper 3.9.5 writes it as it is;
 * later ones leave tabs and ends of lines out, so that `/a\tb` reads as `/ab`, another node.
 */
function escaped(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
