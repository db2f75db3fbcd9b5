/** Recipes in which many meet: groups, services, barriers, latches. */
import {
  type BarrierMember,
  barrierMembers,
  cohortIn,
  READY,
} from '@vivarium/core/internal/layouts/double-barrier';
import { instanceIn } from '@vivarium/core/internal/layouts/instance';
import { latchIn } from '@vivarium/core/internal/layouts/latch';
import { memberName } from '@vivarium/core/internal/layouts/member';
import { countText, plural } from '../format.js';
import { visibleName } from '../paths.js';
import { orderOf, SHOWN_MAX } from './order.js';
import {
  libraryOf,
  type PartRow,
  type RecipeState,
  type RecipeView,
  rowOf,
  shownData,
  type Tone,
} from './view.js';

/** Members of a group, each with what it shows. */
export function membersView(state: RecipeState): RecipeView {
  const { length } = state.names;
  const rows = orderOf('members', state.names)
    .slice(0, SHOWN_MAX)
    .map((name) => {
      const { id, library } = memberName(name);
      const row = rowOf(state, name, { role: 'member', tone: 'held' });
      const isIdData = id === undefined;
      return {
        ...row,
        who: isIdData ? row.who : visibleName(id),
        notes: isIdData || row.who === '' ? row.notes : [row.who, ...row.notes],
        library: library === 'kazoo' ? 'kazoo' : 'Vivarium or Curator',
      };
    });
  return {
    headline: plural(length, 'member', 'members'),
    tone: length === 0 ? 'quiet' : 'held',
    facts: [],
    groups: [{ title: 'Members', rows, count: length, none: 'Nobody is in it.' }],
  };
}

/** Instances of a service, and where they answer. */
export function serviceView(state: RecipeState): RecipeView {
  const { length } = state.names;
  const rows = orderOf('service', state.names)
    .slice(0, SHOWN_MAX)
    .map((name) => instanceRow(state, name));
  return {
    headline: plural(length, 'instance', 'instances'),
    tone: length === 0 ? 'quiet' : 'held',
    facts: [],
    groups: [{ title: 'Instances', rows, count: length, none: 'There is no instance of it.' }],
  };
}

function instanceRow(state: RecipeState, name: string): PartRow {
  const entry = state.entries.get(name);
  const found = entry === undefined || entry === 'hidden' ? undefined : instanceIn(entry.data);
  if (found === undefined) {
    return rowOf(state, name, { role: 'not an instance', tone: 'quiet' });
  }
  const { id, address, port, sslPort, url, payload, isEnabled, library } = found;
  const where = address === undefined ? url : `${address}${port === undefined ? '' : `:${port}`}`;
  const notes = id === name ? [] : [visibleName(id)];
  if (url !== undefined && url !== where) notes.push(visibleName(url));
  if (sslPort !== undefined) notes.push(`TLS on ${sslPort}`);
  if (payload !== undefined)
    notes.push(shownData(new TextEncoder().encode(JSON.stringify(payload))));
  return rowOf(state, name, {
    role: isEnabled ? 'registered' : 'turned off',
    tone: isEnabled ? 'held' : 'quiet',
    who: visibleName(where ?? id),
    notes,
    library: library === 'curator' ? 'Curator' : 'Vivarium',
  });
}

const barrierTones: Readonly<Record<BarrierMember['state'], Tone>> = {
  waits: 'waits',
  inside: 'held',
  left: 'quiet',
  died: 'bad',
};

/** A double barrier of any library, or a phaser. */
export function doubleBarrierView(state: RecipeState): RecipeView {
  const told = cohortIn(state.data);
  if (told === undefined) return readyView(state);
  const members = barrierMembers(state.names, told);
  const waiting = members.filter((one) => one.state === 'waits').length;
  const inside = members.length - waiting;
  const rows = members.slice(0, SHOWN_MAX).map((member) =>
    rowOf(state, member.state === 'left' ? `l-${member.name}` : member.name, {
      role: member.state,
      tone: barrierTones[member.state],
      library: libraryOf(state, member.name, 'Vivarium'),
    }),
  );
  const { size, generation, lost } = told;
  const facts = [
    { name: 'For', value: size === undefined ? 'not told' : countText(size) },
    { name: 'Cohorts so far', value: countText(generation) },
  ];
  if (lost.length > 0)
    facts.push({ name: 'Died in the last cohort', value: countText(lost.length) });
  const came = size === undefined ? `${waiting} came` : `${waiting} of ${size} came`;
  return {
    headline: inside > 0 ? `Cohort ${generation} is inside` : `Gathering: ${came}`,
    tone: inside > 0 ? 'held' : 'waits',
    facts,
    groups: [
      {
        title: 'Who is there',
        rows,
        count: members.length,
        none: 'Nobody is there.',
      },
    ],
  };
}

/** Curator's and kazoo's: a node says that all have come; how many that is, programs know. */
function readyView(state: RecipeState): RecipeView {
  const members = state.names.filter((name) => name !== READY);
  const isReady = members.length < state.names.length;
  const library = members.some((name) => name.includes('-')) ? 'Curator' : 'kazoo';
  const rows = members.slice(0, SHOWN_MAX).map((name) =>
    rowOf(state, name, {
      role: isReady ? 'inside' : 'waits',
      tone: isReady ? 'held' : 'waits',
      library,
    }),
  );
  const { length } = members;
  return {
    headline: isReady ? `All have come: ${length} inside` : `Gathering: ${length} came`,
    tone: isReady ? 'held' : 'waits',
    facts: [{ name: 'For', value: 'not in the tree: each program has it' }],
    groups: [{ title: 'Who is there', rows, count: length, none: 'Nobody is there.' }],
  };
}

/** A count-down latch. */
export function latchView(state: RecipeState): RecipeView {
  const latch = latchIn(state.data);
  const { length } = state.names;
  const count = latch?.count;
  const left = count === undefined ? undefined : Math.max(0, count - length);
  const isOpen = latch?.isOpen === true || left === 0;
  const rows = orderOf('latch', state.names)
    .slice(0, SHOWN_MAX)
    .map((name) => {
      return rowOf(state, name, { role: 'came', tone: 'held', who: visibleName(name) });
    });
  return {
    headline: isOpen ? 'Open for good' : `Closed: ${left ?? 'some'} of ${count} to come`,
    tone: isOpen ? 'held' : 'waits',
    facts: [
      { name: 'For', value: count === undefined ? 'not told' : countText(count) },
      { name: 'Came', value: isOpen ? 'all' : countText(length) },
    ],
    groups: [
      {
        title: 'Who has counted down',
        rows,
        count: length,
        none: isOpen ? 'Their nodes went when it opened.' : 'Nobody yet.',
      },
    ],
  };
}
