/** Programs over Curator, kazoo and Vivarium share locks, elections, groups and numbers. */
import { apacheVersions } from '../interop/apache.js';
import { Random } from '../interop/back-to-back/random.js';
import { Fleet } from '../interop/fleet/fleet.js';
import { pairs } from '../interop/fleet/names.js';
import { fleetPrograms } from '../interop/fleet/programs.js';
import { type FleetRow, type FleetSlice, slicesOf } from '../interop/fleet/slices.js';
import { nameOf, type ServerKind } from '../interop/server-process.js';
import { table } from './page.js';
import type { Json, Proof } from './proof.js';

/** A program that was killed holds for so long what it held. */
const SESSION_MS = 10_000;

interface Subject {
  readonly name: string;
  readonly servers: readonly ServerKind[];
}

const { newest } = apacheVersions;

export const prove: Proof = {
  name: 'mixed-fleet',
  what:
    'Programs over Curator, over kazoo and over Vivarium exclude each other, first come first ' +
    'served, lead by turns, see each other and add to one number.',
  async run({ short, slice, log, signal }) {
    const three = (kind: ServerKind) => ({
      name: `3 × ${nameOf(kind)}`,
      servers: [kind, kind, kind],
    });
    const alone = { name: nameOf(newest), servers: [newest] };
    const subjects: Subject[] = [three('vivarium'), short ? alone : three(newest)];
    const { programs, versions } = await fleetPrograms();
    const rows: { subject: Subject; what: FleetSlice; row: FleetRow }[] = [];
    for (const subject of subjects) {
      const random = new Random(1);
      let fleet: Fleet | undefined;
      try {
        for (const what of slicesOf(short, subject.servers.length > 1, random)) {
          const row = (await slice(`${subject.name}: ${what.name}`, async () => {
            signal.throwIfAborted();
            fleet ??= await Fleet.start({
              ...{ servers: subject.servers, programs, sessionMs: SESSION_MS },
            });
            return (await what.run(fleet)) as unknown as Json;
          })) as unknown as FleetRow;
          rows.push({ subject, what, row });
          const said = `${row.count} ${what.unit}, ${row.problems.length} problems, ${row.ms} ms`;
          const wrong = [...row.missing.map(neverHappened), ...row.problems.slice(0, 5)];
          log([`${subject.name}: ${what.name}: ${said}`, ...wrong].join('\n  '));
        }
      } finally {
        await fleet?.stop();
      }
    }
    const wrong = rows.filter(({ row }) => !row.holds);
    const sum = (of: (row: FleetRow) => number) => rows.reduce((all, { row }) => all + of(row), 0);
    const shared = rows.filter(({ what }) => !what.mustFail);
    return {
      holds: rows.length > 0 && wrong.length === 0,
      counts: {
        rounds: rows.length,
        'hand-overs, of locks and leadership': shared
          .filter(({ what }) => what.unit === 'hand-overs')
          .reduce((all, { row }) => all + row.count, 0),
        'writes of numbers': shared
          .filter(({ what }) => what.unit === 'writes')
          .reduce((all, { row }) => all + row.count, 0),
        'changes of groups': shared
          .filter(({ what }) => what.unit === 'changes')
          .reduce((all, { row }) => all + row.count, 0),
        'readers that began beside others': sum((row) => row.together),
        'programs and servers killed': sum((row) => row.killed.length),
        'holders killed while they held': sum((row) => row.cutShort),
        'additions made twice by Curator or kazoo': sum((row) => row.again),
        violations: shared.reduce((all, { row }) => all + row.problems.length, 0),
        'violations where there had to be some': rows
          .filter(({ what }) => what.mustFail)
          .reduce((all, { row }) => all + row.problems.length, 0),
      },
      versions: { ...versions, 'Apache ZooKeeper': newest },
      details: [
        `## Rounds\n\n${WHAT}`,
        table(
          ['servers', 'round', 'who', '', 'problems', 'killed meanwhile'],
          rows.map(({ subject, what, row }) => [
            subject.name,
            what.name,
            what.who,
            `${row.count} ${what.unit}`,
            `${row.problems.length}${what.mustFail ? ', as it must be' : ''}`,
            String(row.killed.length),
          ]),
        ),
        `## Who came after whom\n\n${PAIRS}`,
        table(
          ['servers', 'round', ...pairs],
          rows
            .filter(({ what }) => !what.mustFail)
            .map(({ subject, what, row }) => [
              subject.name,
              what.name,
              ...pairs.map((pair) => String(row.handOvers[pair] ?? '')),
            ]),
        ),
        ...wrong.flatMap(({ subject, what, row }) => [
          `## ${subject.name}: ${what.name} went wrong`,
          [...row.missing.map(neverHappened), ...row.problems.slice(0, 20)]
            .map((problem) => `- ${problem}`)
            .join('\n'),
        ]),
      ].join('\n\n'),
    };
  },
};

function neverHappened(pair: string): string {
  return `${pair} never happened`;
}

const WHAT =
  'Two programs of each kind, each of another release of Curator and of kazoo, do the same again ' +
  'and again. Who holds marks that by a node, and again before it lets go. The judge reads nothing ' +
  'but the transaction logs of the servers: which node of which session stood in the queue when ' +
  'a mark was made. It demands that nobody begins whom somebody stands before, or beside, in the ' +
  'order of creation, but for readers among themselves; and that every write of a number adds to ' +
  'what was there what its writer adds. Members of a group are asked after every change until all ' +
  'say what the tree holds. Where something has to go wrong, it is because a client is used in a ' +
  'way that cannot share: that shows that the judge sees it.';

const PAIRS =
  'For locks and elections: who began after whom had begun before. For numbers: who wrote after ' +
  'whom. For groups: whose change was seen by whom.';
