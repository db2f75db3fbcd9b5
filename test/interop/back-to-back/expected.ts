/** What a full comparison has to meet at least once: a run that misses a cell shows too little. */
import type { Counts } from './coverage.js';

const makes =
  'OK NO_NODE NODE_EXISTS NO_AUTH BAD_ARGUMENTS INVALID_ACL NO_CHILDREN_FOR_EPHEMERALS ' +
  'QUOTA_EXCEEDED';
const inside = 'RUNTIME_INCONSISTENCY undone';
const bad = 'MARSHALLING_ERROR';

/** Per operation, every answer it has. Operations inside a multi have rows of their own. */
const answers: Readonly<Record<string, string>> = {
  create: makes,
  create2: makes,
  createContainer: makes,
  createTtl: makes,
  delete: 'OK NO_NODE NO_AUTH BAD_VERSION NOT_EMPTY BAD_ARGUMENTS',
  setData: 'OK NO_NODE NO_AUTH BAD_VERSION BAD_ARGUMENTS QUOTA_EXCEEDED',
  setAcl: 'OK NO_NODE NO_AUTH BAD_VERSION BAD_ARGUMENTS INVALID_ACL',
  exists: `OK NO_NODE BAD_ARGUMENTS ${bad}`,
  getData: `OK NO_NODE NO_AUTH ${bad}`,
  getAcl: `OK NO_NODE NO_AUTH ${bad}`,
  getChildren: `OK NO_NODE NO_AUTH ${bad}`,
  getChildren2: `OK NO_NODE NO_AUTH ${bad}`,
  getAllChildrenNumber: `OK NO_NODE NO_AUTH ${bad}`,
  getEphemerals: `OK ${bad}`,
  sync: `OK ${bad}`,
  ping: 'OK',
  whoAmI: 'OK',
  auth: 'OK AUTH_FAILED',
  reconfig: 'RECONFIG_DISABLED',
  addWatch: `OK ${bad}`,
  checkWatches: `OK NO_WATCHER ${bad}`,
  removeWatches: `OK NO_WATCHER ${bad}`,
  setWatches: 'OK',
  setWatches2: 'OK',
  closeSession: 'OK',
  unknown: 'UNIMPLEMENTED',
  multi: `OK ${bad}`,
  multiRead: `OK ${bad}`,
  'multi/nothing': 'OK',
  'multi/create': `${makes} ${inside}`.replace('BAD_ARGUMENTS ', ''),
  'multi/create2': `${makes} ${inside}`.replace('BAD_ARGUMENTS ', ''),
  'multi/createContainer': `OK NO_NODE NODE_EXISTS ${inside}`,
  'multi/createTtl': `OK NO_NODE NODE_EXISTS BAD_ARGUMENTS ${inside}`,
  'multi/delete': `OK NO_NODE BAD_VERSION NOT_EMPTY BAD_ARGUMENTS ${inside}`,
  'multi/setData': `OK NO_NODE NO_AUTH BAD_VERSION BAD_ARGUMENTS ${inside}`,
  'multi/check': `OK NO_NODE BAD_VERSION BAD_ARGUMENTS ${inside}`,
  'multiRead/nothing': 'OK',
  'multiRead/getData': 'OK NO_NODE NO_AUTH',
  'multiRead/getChildren': 'OK NO_NODE NO_AUTH',
  bytes: 'closed',
};

const connects = [
  'connect new session',
  'connect session taken up',
  'connect refused',
  'connect closed unanswered',
  'connect took over from another connection',
];

/** Answers that only newer releases give to these requests. */
const newer = ['exists NO_AUTH', 'checkWatches OK', 'checkWatches NO_WATCHER'];
/** Left out against 3.8.0, see the table of intended differences. */
const leftOut =
  /^(exists|getData|getAcl|getChildren2?|getAllChildrenNumber|multiRead\/\w+) NO_AUTH$/;

const deletes = ['delete', 'multi', 'closeSession'];
const changes = ['setData', 'multi'];
const makings = ['create', 'multi'];
const by = (kind: string, event: string, causes: readonly string[]) =>
  causes.map((cause) => `${kind}: ${event} by ${cause}`);

/** Every row of the tables of what sets, fires and replays a watch. */
const watchRows: readonly string[] = [
  ...['getData', 'exists (present)', 'persistent', 'recursive', 'recursive above'].flatMap(
    (kind) => [...by(kind, 'NodeDataChanged', changes), ...by(kind, 'NodeDeleted', deletes)],
  ),
  ...['exists (missing)', 'persistent', 'recursive', 'recursive above'].flatMap((kind) =>
    by(kind, 'NodeCreated', makings),
  ),
  ...['getChildren', 'persistent'].flatMap((kind) =>
    by(kind, 'NodeChildrenChanged', ['create', 'delete', 'multi', 'closeSession']),
  ),
  ...by('getChildren', 'NodeDeleted', deletes),
  'one NodeDeleted for a data and a child watch',
  'one event for a watch here and a recursive one above',
  'setAcl tells nobody',
  'a write that fails tells nobody',
  ...['set again', 'NodeDataChanged', 'NodeDeleted'].map((what) => `setWatches data: ${what}`),
  ...['set again', 'NodeCreated'].map((what) => `setWatches exist: ${what}`),
  ...['set again', 'NodeChildrenChanged', 'NodeDeleted'].map((what) => `setWatches child: ${what}`),
  'setWatches persistent: set again',
  'setWatches recursive: set again',
];
const newerWatchRows = ['an event withheld by the ACL'];

/** The cells and rows that `counts` lacks; `old` is a comparison with a release before 3.9. */
export function missing({ cells, watches }: Counts, old: boolean): readonly string[] {
  const wanted = Object.entries(answers)
    .flatMap(([name, list]) => list.split(' ').map((answer) => `${name} ${answer}`))
    .concat(connects, old ? [] : newer)
    .filter((cell) => !old || !(leftOut.test(cell) || cell.startsWith('checkWatches ')));
  const rows = old ? watchRows : [...watchRows, ...newerWatchRows];
  return [
    ...wanted.filter((cell) => cells[cell] === undefined),
    ...rows.filter((row) => watches[row] === undefined && !(old && watches[unknown(row)])),
  ];
}

/** Events of releases before 3.9 do not always tell which of several writes made them. */
function unknown(row: string): string {
  return row.replace(/ by \w+$/, ' by something');
}

/** How many cells and rows there are to meet. */
export function expectedCount(old: boolean): number {
  return missing({ cells: {}, watches: {} }, old).length;
}
