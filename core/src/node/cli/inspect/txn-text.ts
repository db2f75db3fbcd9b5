import { hexLong } from '../../../base/long.js';
import { type Txn, type TxnBody, txnTypes } from '../../../wire/txns.js';
import { aclWords, dataText, pathText, shownData } from './data-text.js';
import type { DataForm } from './inspect-arguments.js';

/** What ZooKeeper's tools call the types of transactions. */
const names: Readonly<Record<number, string>> = {
  [txnTypes.error]: 'error',
  [txnTypes.createSession]: 'createSession',
  [txnTypes.closeSession]: 'closeSession',
  [txnTypes.create]: 'create',
  [txnTypes.delete]: 'delete',
  [txnTypes.setData]: 'setData',
  [txnTypes.setAcl]: 'setACL',
  [txnTypes.check]: 'check',
  [txnTypes.multi]: 'multi',
  [txnTypes.create2]: 'create2',
  [txnTypes.reconfig]: 'reconfig',
  [txnTypes.createContainer]: 'createContainer',
  [txnTypes.deleteContainer]: 'deleteContainer',
  [txnTypes.createTtl]: 'createTTL',
};

/** Name of a type of transactions; `type 99` for one that nobody knows. */
export function typeName(type: number): string {
  return names[type] ?? `type ${type}`;
}

/** A body in words: the path first, then `name=value`. */
export function bodyText(body: TxnBody, form: DataForm | undefined): string {
  switch (body.type) {
    case txnTypes.error:
      return `err=${body.err}`;
    case txnTypes.createSession:
      return `timeout=${body.timeOut}`;
    case txnTypes.closeSession:
      return `deletes=${(body.paths2Delete ?? []).map(pathText).join(',')}`;
    case txnTypes.create:
    case txnTypes.create2: {
      const ephemeral = body.ephemeral ? ' ephemeral' : '';
      return `${created(body, form)}${ephemeral}`;
    }
    case txnTypes.createContainer:
      return created(body, form);
    case txnTypes.createTtl:
      return `${created(body, form)} ttl=${body.ttl}`;
    case txnTypes.delete:
    case txnTypes.deleteContainer:
      return pathText(body.path);
    case txnTypes.setData:
    case txnTypes.reconfig:
      return `${pathText(body.path)} data=${dataText(body.data, form)} version=${body.version}`;
    case txnTypes.setAcl:
      return `${pathText(body.path)} acl=${aclWords(body.acl)} version=${body.version}`;
    case txnTypes.check:
      return `${pathText(body.path)} version=${body.version}`;
    case txnTypes.multi:
      return body.txns.map((sub) => `[${typeName(sub.type)} ${bodyText(sub, form)}]`).join(' ');
  }
}

interface Created {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: Parameters<typeof aclWords>[0];
  readonly parentCVersion: number;
}

function created(body: Created, form: DataForm | undefined): string {
  const { path, data, acl, parentCVersion } = body;
  const rest = `acl=${aclWords(acl)} parentCVersion=${parentCVersion}`;
  return `${pathText(path)} data=${dataText(data, form)} ${rest}`;
}

/** A body as JSON: the record's own fields, data as {@link shownData} has it, longs as numbers. */
export function bodyJson(body: TxnBody, form: DataForm | undefined): Record<string, unknown> {
  const type = typeName(body.type);
  if (body.type === txnTypes.multi) {
    return { type, txns: body.txns.map((sub) => bodyJson(sub, form)) };
  }
  const { type: _, ...fields } = body;
  const shown: Record<string, unknown> = { type };
  for (const [name, value] of Object.entries(fields) as readonly [string, unknown][]) {
    if (name === 'data') Object.assign(shown, shownData(value as Uint8Array | null, form));
    else shown[name] = typeof value === 'bigint' ? Number(value) : value;
  }
  return shown;
}

/** Every path that a transaction names. */
export function pathsOf(body: TxnBody): readonly string[] {
  if (body.type === txnTypes.multi) return body.txns.flatMap(pathsOf);
  if (body.type === txnTypes.closeSession) return body.paths2Delete ?? [];
  return 'path' in body ? [body.path] : [];
}

/** A digest for JSON. */
export function digestJson({ digest }: Txn): unknown {
  if (digest === undefined) return undefined;
  return { version: digest.version, treeDigest: hexLong(digest.treeDigest) };
}
