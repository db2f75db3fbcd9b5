import { parseArgs } from 'node:util';
import { hexLong } from '../../../base/long.js';
import type { NodeId } from '../../../tree/tree.js';
import { exitCodes } from '../../start-error.js';
import { CommandLineError, type World } from '../world.js';
import { damageJson, damageText } from './damage.js';
import { aclWords, dataText, pathText, shownData, timeText } from './data-text.js';
import { type DataForm, readCount, readDataForm, readPath } from './inspect-arguments.js';
import { jsonOf, Lines } from './lines.js';
import {
  type InspectedSnapshot,
  inspectSnapshot,
  kindOf,
  nodesBelow,
  ownerOf,
  startZxid,
} from './loaded-snapshot.js';
import { DAMAGED } from './log-command.js';
import { openFile } from './opened-file.js';
import { summaryJson, summaryText } from './snapshot-summary.js';

/** Shows one snapshot, or sums it up. */
export async function snapshotCommand(words: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      path: { type: 'string' },
      'with-data': { type: 'boolean', short: 'd' },
      data: { type: 'string' },
      summary: { type: 'boolean' },
      depth: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) {
    throw new CommandLineError('Name one snapshot; `inspect compare` takes two.');
  }
  if (values.depth !== undefined && values.summary !== true) {
    throw new CommandLineError('--depth goes with --summary');
  }
  const path = values.path === undefined ? '/' : readPath(values.path);
  const depth = values.depth === undefined ? 1 : readCount(values.depth, '--depth', 0);
  const withData = values['with-data'] === true || values.data !== undefined;
  const form = withData ? readDataForm(values.data ?? 'text') : undefined;
  const { summary = false, json: asJson = false } = values;
  const snapshot = inspectSnapshot(openFile(file));
  const lines = new Lines(world.stdout);
  const isThere = path === '/' || !nodesBelow(snapshot, path).next().done;
  if (isThere) await show(snapshot, { path, depth, form, summary, asJson }, lines);
  if (asJson) {
    for (const damage of snapshot.damages) lines.add(jsonOf(damageJson(damage)));
  }
  await lines.flush();
  for (const damage of snapshot.damages) world.stderr.write(`${damageText(damage)}\n`);
  if (snapshot.damages.length > 0) return DAMAGED;
  if (!isThere) throw new CommandLineError(`${file} has no node ${path}`);
  return exitCodes.ok;
}

interface Wanted {
  readonly path: string;
  readonly depth: number;
  readonly form: DataForm | undefined;
  readonly summary: boolean;
  readonly asJson: boolean;
}

async function show(snapshot: InspectedSnapshot, wanted: Wanted, lines: Lines): Promise<void> {
  const { path, depth, form, summary, asJson } = wanted;
  if (summary) {
    if (asJson) lines.add(jsonOf({ summary: summaryJson(snapshot, path, depth) }));
    else for (const line of summaryText(snapshot, path, depth)) lines.add(line);
    return;
  }
  const add = (text: string, json: unknown) => lines.add(asJson ? jsonOf(json) : text);
  for (const [text, json] of heads(snapshot)) add(text, json);
  for (const id of nodesBelow(snapshot, path)) {
    if (asJson) lines.add(jsonOf({ node: nodeJson(snapshot, id, form) }));
    else lines.add(nodeText(snapshot, id, form));
    if (lines.isFull) await lines.flush();
  }
}

/** What is told before the nodes, as text and as JSON. */
function* heads(snapshot: InspectedSnapshot): Generator<readonly [string, unknown]> {
  const { compression, dbId, digest, lastZxid, digestState, nodes, sessions, acls } = snapshot;
  const start = startZxid(snapshot);
  const head = {
    file: snapshot.opened.shown,
    size: snapshot.opened.size,
    ...(compression === undefined ? {} : { compression }),
    ...(dbId === undefined ? {} : { dbId: Number(dbId) }),
    ...(start === undefined ? {} : { zxid: hexLong(start) }),
    ...(lastZxid === undefined ? {} : { lastZxid: hexLong(lastZxid) }),
    ...(digest === undefined
      ? {}
      : {
          digest: hexLong(digest.digest),
          digestVersion: digest.version,
          digestZxid: hexLong(digest.zxid),
        }),
    digestState,
    nodes,
    sessions: sessions.size,
    acls: acls.length,
  };
  const words = Object.entries(head).map(([name, value]) => `${name}=${value}`);
  yield [`snapshot ${words.join(' ')}`, { snapshot: head }];
  for (const [id, timeoutMs] of sessions) {
    const session = { id: hexLong(id), timeoutMs };
    yield [`session ${session.id} timeout=${timeoutMs}`, { session }];
  }
  for (const [id, acl] of acls) yield [`acl ${id} ${aclWords(acl)}`, { acl: { id, entries: acl } }];
}

function nodeText(snapshot: InspectedSnapshot, id: NodeId, form: DataForm | undefined): string {
  const { tree } = snapshot.database;
  const { data, path, kind, ...stat } = nodeJson(snapshot, id, undefined);
  const words = Object.entries(stat).map(([name, value]) => `${name}=${value}`);
  const shown = form === undefined ? '' : ` data=${dataText(tree.data(id), form)}`;
  return `${kind} ${pathText(path)} ${words.join(' ')}${shown}`;
}

/** A node as JSON: its stat as it stands in the file, `cversion` counting creations only. */
function nodeJson(snapshot: InspectedSnapshot, id: NodeId, form: DataForm | undefined) {
  const { database } = snapshot;
  const { tree } = database;
  const { czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion } = tree.persisted(id);
  const { dataLength, ...data } = shownData(form === undefined ? null : tree.data(id), form);
  return {
    kind: kindOf(database, id),
    path: tree.pathOf(id),
    czxid: hexLong(czxid),
    mzxid: hexLong(mzxid),
    pzxid: hexLong(pzxid),
    ctime: timeText(ctime),
    mtime: timeText(mtime),
    version,
    cversion,
    aversion,
    owner: hexLong(ownerOf(database, id)),
    acl: tree.aclId(id),
    dataLength: form === undefined ? tree.dataLength(id) : dataLength,
    children: tree.childCount(id),
    ...data,
  };
}
