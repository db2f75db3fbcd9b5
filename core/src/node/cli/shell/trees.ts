import { open, readFile, rename, rm } from 'node:fs/promises';
import { childOf, nameOf } from '../../../base/path.js';
import type { Client, Stat } from '../../../client/api.js';
import { integer, UsageError } from './arguments.js';
import type { ServerCall, ShellCommands } from './command.js';
import {
  type ExportedNode,
  exportEnd,
  exportHead,
  exportLine,
  readExport,
} from './export-format.js';
import { ShellFailure } from './failure.js';
import { carryOut, type ImportStep, planImport } from './import-plan.js';
import { unlessGone, walk } from './walk.js';

/** Whole subtrees. */
export const treeCommands: ShellCommands = {
  tree: {
    usage: '[path] [--depth n]',
    doc: 'The tree below a node, drawn; so many levels of it.',
    flags: { depth: true },
    words: [0, 1],
    async run(call) {
      const depth = call.flags.get('depth');
      const levels = depth === undefined ? Number.POSITIVE_INFINITY : integer(depth, '--depth');
      if (levels < 0) throw new UsageError(`--depth must not be less than zero, as ${depth} is`);
      await drawTree(call, call.rest[0] ?? '/', levels);
    },
  },
  export: {
    usage: 'path [file]',
    doc:
      'A subtree as JSON, with data and ACLs; to standard output when no file is named. It is no ' +
      'cut at one moment: each node is as its own reading saw it.',
    flags: {},
    words: [1, 2],
    run: exportTree,
  },
  import: {
    usage: 'file [path] [--dry-run] [--skip | --overwrite]',
    doc:
      'Make the nodes of an export, below a path or where they were; --dry-run only says what ' +
      'would be done. A node that is there with other data stops it before anything is written, ' +
      'unless such nodes are kept (--skip) or replaced (--overwrite). Ephemeral nodes are left ' +
      'out.',
    flags: { 'dry-run': false, skip: false, overwrite: false },
    words: [1, 2],
    paths: [1],
    run: importTree,
  },
};

async function drawTree(call: ServerCall, root: string, levels: number): Promise<void> {
  const { client, output, json } = call;
  const draw = async (path: string, level: number, lead: string, branch: string): Promise<void> => {
    const read: Promise<Level> = level < levels ? client.children(path) : childless(client, path);
    const found = await (level === 0 ? read : unlessGone(read));
    if (found === undefined) return;
    const { children, stat } = found;
    const ephemeral = stat.ephemeralOwner !== 0n;
    const hidden = level < levels ? 0 : stat.numChildren;
    if (json) {
      const { numChildren, dataLength } = stat;
      output.out(JSON.stringify({ path, depth: level, ephemeral, numChildren, dataLength }));
    } else {
      const notes = [
        ...(ephemeral ? ['ephemeral'] : []),
        ...(hidden > 0 ? [`${hidden} below`] : []),
      ];
      const note = notes.length === 0 ? '' : `  (${notes.join(', ')})`;
      output.out(`${lead}${branch}${level === 0 ? path : nameOf(path)}${note}`);
    }
    const below = branch === '' ? '' : `${lead}${branch === LAST ? '    ' : '│   '}`;
    for (const [at, name] of children.entries()) {
      const isLast = at === children.length - 1;
      await draw(childOf(path, name), level + 1, below, isLast ? LAST : '├── ');
    }
  };
  await draw(root, 0, '', '');
}

const LAST = '└── ';

/** What one node of a drawing takes. */
interface Level {
  readonly children: readonly string[];
  readonly stat: Stat;
}

async function childless(client: Client, path: string): Promise<Level> {
  const { stat } = await client.get(path);
  return { children: [], stat };
}

async function exportTree(call: ServerCall): Promise<void> {
  const { client, output } = call;
  const [path = '', file] = call.rest;
  const top = await client.get(path);
  let count = 0;
  async function* lines(): AsyncGenerator<string> {
    yield exportHead(path, top.asOf);
    for await (const each of walk(client, path)) {
      if (path === '/' && (each === '/zookeeper' || each.startsWith('/zookeeper/'))) continue;
      const node = await nodeAt(client, each, path);
      if (node === undefined) continue;
      yield `${count === 0 ? '' : ','}${exportLine(node)}`;
      count++;
      if (count % 50 === 0) output.progress(`exported ${count} nodes`);
    }
    yield exportEnd(count);
  }
  if (file === undefined) {
    for await (const line of lines()) output.out(line);
    return;
  }
  await writeWhole(file, lines());
  output.progress(undefined);
  if (call.json) output.out(JSON.stringify({ path, file, count }));
  else output.err(`Exported ${count} ${count === 1 ? 'node' : 'nodes'} of ${path} to ${file}`);
}

/** The file has its name only once it is whole; one of that name stays until then. */
async function writeWhole(file: string, lines: AsyncIterable<string>): Promise<void> {
  const part = `${file}.part`;
  const fail = (error: Error) => {
    throw new ShellFailure(`cannot write ${part}: ${error.message}`);
  };
  // ACLs and data may be nobody else's business.
  const handle = await open(part, 'w', 0o600).catch(fail);
  try {
    for await (const line of lines) await handle.appendFile(`${line}\n`);
    await handle.sync();
    await handle.close();
    await rename(part, file);
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(part, { force: true });
    throw error;
  }
}

async function nodeAt(
  client: Client,
  path: string,
  root: string,
): Promise<ExportedNode | undefined> {
  const read = await unlessGone(client.get(path));
  const rights = read === undefined ? undefined : await unlessGone(client.getAcl(path));
  if (read === undefined || rights === undefined) return undefined;
  return {
    path: path === root ? '' : path.slice(root === '/' ? 0 : root.length),
    bytes: read.bytes,
    acl: rights.acl,
    // Servers tell clients of no other kind: containers and times to live look like any node.
    kind: read.stat.ephemeralOwner === 0n ? 'persistent' : 'ephemeral',
  };
}

async function importTree(call: ServerCall): Promise<void> {
  const { client, output, flags, signal } = call;
  const [file = '', into] = call.rest;
  if (flags.has('skip') && flags.has('overwrite')) {
    throw new UsageError('--skip and --overwrite exclude each other');
  }
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new ShellFailure(`cannot read ${file}: ${error.message}`);
  });
  let nodes: readonly ExportedNode[];
  try {
    nodes = readExport(text);
  } catch (error) {
    throw new ShellFailure(`${file} is no export of a subtree: ${(error as Error).message}`);
  }
  const root = into ?? rootOf(text);
  const onExisting = flags.has('overwrite') ? 'overwrite' : flags.has('skip') ? 'skip' : 'refuse';
  const steps = await planImport(client, nodes, root, onExisting, (done) => {
    output.progress(bar('compared', done, nodes.length));
  });
  const isDry = flags.has('dry-run');
  if (isDry) for (const step of steps) output.out(call.json ? stepShape(step) : stepLine(step));
  else {
    await carryOut(client, steps, signal, (done, all) =>
      output.progress(bar('written', done, all)),
    );
  }
  output.progress(undefined);
  const count = (action: ImportStep['action']) =>
    steps.filter((step) => step.action === action).length;
  const counts = {
    created: count('create'),
    overwritten: count('overwrite'),
    same: count('same'),
    skipped: count('skip'),
  };
  if (call.json) {
    if (!isDry) output.out(JSON.stringify({ path: root, ...counts }));
    return;
  }
  const verb = isDry ? 'Would import' : 'Imported';
  const told = Object.entries(counts).map(([name, number]) => `${number} ${name}`);
  output.err(`${verb} ${steps.length} nodes at ${root}: ${told.join(', ')}`);
}

/** Where the subtree was. */
function rootOf(text: string): string {
  const { path } = JSON.parse(text) as { readonly path?: unknown };
  if (typeof path === 'string') return path;
  throw new UsageError('the export does not say where it was taken; name a path');
}

function stepLine({ action, path, why }: ImportStep): string {
  return `${action} ${path}${why === undefined ? '' : ` (${why})`}`;
}

function stepShape({ action, path, why }: ImportStep): string {
  return JSON.stringify({ action, path, why });
}

const BAR_WIDTH = 24;

function bar(what: string, done: number, all: number): string {
  const full = all === 0 ? BAR_WIDTH : Math.floor((done / all) * BAR_WIDTH);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}] ${what} ${done} of ${all} nodes`;
}
