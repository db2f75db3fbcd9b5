import { parseArgs } from 'node:util';
import { hexLong } from '../../../base/long.js';
import { exitCodes } from '../../start-error.js';
import { CommandLineError, type World } from '../world.js';
import { damageJson, damageText } from './damage.js';
import { pathText } from './data-text.js';
import { readCount } from './inspect-arguments.js';
import { jsonOf, Lines } from './lines.js';
import { type InspectedSnapshot, inspectSnapshot } from './loaded-snapshot.js';
import { openFile } from './opened-file.js';
import { type Difference, differences } from './snapshot-differences.js';

/** What a process ends with whose two snapshots are not the same. */
const DIFFERENT = 1;

/** Compares the trees of two snapshots. @returns 0 when they are the same, else 1 */
export async function compareCommand(words: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      bytes: { type: 'string' },
      nodes: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
  const [left, right, ...more] = positionals;
  if (left === undefined || right === undefined || more.length > 0) {
    throw new CommandLineError('Name two snapshots.');
  }
  const bytes = values.bytes === undefined ? undefined : readCount(values.bytes, '--bytes', 1);
  const nodes = values.nodes === undefined ? undefined : readCount(values.nodes, '--nodes', 1);
  const files = [openFile(left), openFile(right)];
  const [a, b] = files.map(inspectSnapshot) as [InspectedSnapshot, InspectedSnapshot];
  const lines = new Lines(world.stdout);
  const damages = [...a.damages, ...b.damages];
  for (const damage of damages) {
    if (values.json === true) lines.add(jsonOf(damageJson(damage)));
    world.stderr.write(`${damageText(damage)}\n`);
  }
  const compressed = [a, b].filter(({ compression }) => compression !== undefined);
  for (const { opened, compression } of values.json === true ? [] : compressed) {
    lines.add(`${opened.shown} is compressed (${compression})`);
  }
  const counts: Record<Difference['kind'], number> = { left: 0, right: 0, changed: 0 };
  for (const difference of differences(a, b)) {
    counts[difference.kind]++;
    if (!isLarge(difference, bytes, nodes)) continue;
    lines.add(values.json === true ? jsonOf({ difference }) : textOf(difference));
    if (lines.isFull) await lines.flush();
  }
  const isSame = Object.values(counts).every((count) => count === 0);
  const sums = {
    onlyLeft: counts.left,
    onlyRight: counts.right,
    changed: counts.changed,
    leftNodes: a.nodes,
    rightNodes: b.nodes,
    leftDigest: hexLong(a.treeDigest),
    rightDigest: hexLong(b.treeDigest),
    ...(a.compression === undefined ? {} : { leftCompression: a.compression }),
    ...(b.compression === undefined ? {} : { rightCompression: b.compression }),
  };
  lines.add(values.json === true ? jsonOf({ compared: sums }) : sumsText(isSame, sums));
  await lines.flush();
  return isSame && damages.length === 0 ? exitCodes.ok : DIFFERENT;
}

/** Without thresholds every difference is large; with one of them its own counts. */
function isLarge(
  { bytesDelta, nodesDelta }: Difference,
  bytes: number | undefined,
  nodes: number | undefined,
): boolean {
  if (bytes === undefined && nodes === undefined) return true;
  if (bytes !== undefined && Math.abs(bytesDelta) >= bytes) return true;
  return nodes !== undefined && Math.abs(nodesDelta) >= nodes;
}

function textOf({ kind, path, bytesDelta, nodesDelta, changes }: Difference): string {
  const sign = (value: number) => (value > 0 ? `+${value}` : String(value));
  const subtree = `nodes ${sign(nodesDelta)}, bytes ${sign(bytesDelta)}`;
  if (kind === 'left') return `only left  ${pathText(path)} (${subtree})`;
  if (kind === 'right') return `only right ${pathText(path)} (${subtree})`;
  const all = Object.entries(changes).map(([name, [from, to]]) => `${name} ${from} → ${to}`);
  return `changed    ${pathText(path)}: ${all.join(', ')} (${subtree})`;
}

function sumsText(isSame: boolean, sums: Readonly<Record<string, number | string>>): string {
  if (isSame) return `the same ${sums.leftNodes} nodes, digest ${sums.leftDigest}`;
  return (
    `${sums.onlyLeft} only left of ${sums.leftNodes}, ${sums.onlyRight} only right of ` +
    `${sums.rightNodes}, ${sums.changed} changed; digests ${sums.leftDigest} and ${sums.rightDigest}`
  );
}
