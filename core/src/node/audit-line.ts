import type { AuditEvent } from '../base/audit-event.js';
import { hexLong } from '../base/long.js';

/** Keys and values of a line, in ZooKeeper's order. */
export type AuditFields = Readonly<Record<string, string>>;

/**
 * What a line of the audit log says; what is not known is left out.
 *
 * @param serverUser who runs the server, for what it does of itself
 */
export function auditFields(event: AuditEvent, serverUser: string): AuditFields {
  const fields: Record<string, string> = {};
  eachField(event, serverUser, (key, value) => {
    fields[key] = value;
  });
  return fields;
}

/** The line itself, with `between` between its pairs and without an end. */
export function auditText(event: AuditEvent, serverUser: string, between: string): string {
  let text = '';
  eachField(event, serverUser, (key, value) => {
    text += text === '' ? `${key}=${value}` : `${between}${key}=${value}`;
  });
  return text;
}

/** In ZooKeeper's order and words. */
function eachField(
  event: AuditEvent,
  serverUser: string,
  take: (key: string, value: string) => void,
): void {
  const { session, users, address, path, nodeType, acl, order } = event;
  const user = users === undefined ? serverUser : users.join(',');
  if (session !== undefined) take('session', hexLong(session));
  if (user !== '') take('user', escaped(user));
  if (address !== undefined) take('ip', escaped(address));
  take('operation', event.operation);
  if (path !== undefined) take('znode', escaped(path));
  if (nodeType !== undefined) take('znode_type', nodeType);
  if (acl !== undefined) take('acl', escaped(acl));
  if (order !== undefined) take('order', escaped(order));
  take('result', event.result);
}

/**
 * Text of a client that can begin neither a field nor a line. ZooKeeper 3.9.5 writes it as it is;
 * later ones leave tabs and ends of lines out, so that `/a\tb` reads as `/ab`, another node.
 */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
