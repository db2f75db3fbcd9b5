/** Every question that an administrator can ask of either server, and where answers may differ. */
import { fourLetterWord } from '../apache.js';
import {
  fieldDifferences,
  jsonFields,
  lineDifferences,
  metricFields,
  namesOf,
  textLines,
} from './shape.js';

/** Where a server is asked. Vivarium has one port for all of it. */
export interface Place {
  readonly host: string;
  readonly clientPort: number;
  readonly adminPort: number;
  readonly metricsPort: number;
}

export interface Question {
  readonly name: string;
  ask(place: Place, isApache: boolean): Promise<string>;
  /** One sentence for each difference. */
  compare(theirs: string, ours: string): readonly string[];
}

const anyOrder = (theirs: string, ours: string) =>
  lineDifferences(textLines(theirs), textLines(ours), false);
const inOrder = (theirs: string, ours: string) =>
  lineDifferences(textLines(theirs), textLines(ours), true);
const names = (separator: string) => (theirs: string, ours: string) =>
  lineDifferences(namesOf(theirs, separator), namesOf(ours, separator), false);

/** How each word's answer is compared. Lists of connections and sessions come in any order. */
const words: Readonly<Record<string, Question['compare']>> = {
  ruok: inOrder,
  isro: inOrder,
  srvr: inOrder,
  stat: anyOrder,
  conf: inOrder,
  cons: anyOrder,
  dirs: inOrder,
  dump: anyOrder,
  envi: names('='),
  gtmk: inOrder,
  hash: inOrder,
  mntr: names('\t'),
  wchc: anyOrder,
  wchp: anyOrder,
  wchs: inOrder,
  stmk: inOrder,
  srst: inOrder,
  crst: inOrder,
  nope: (theirs, ours) => lineDifferences([theirs], [ours], true),
};

const commandNames: readonly string[] = [
  'configuration',
  'connections',
  'dirs',
  'dump',
  'environment',
  'get_trace_mask',
  'hash',
  'initial_configuration',
  'is_read_only',
  'last_snapshot',
  'leader',
  'monitor',
  'observers',
  'ruok',
  'server_stats',
  'stats',
  'system_properties',
  'voting_view',
  'watches',
  'watches_by_path',
  'watch_summary',
  'zabstate',
  'nope',
  'set_trace_mask',
  'set_trace_mask?traceMask=7',
  'stat_reset',
  'connection_stat_reset',
  'observer_connection_stat_reset',
  'snapshot',
  'restore',
];

/** The question that only a server with a Prometheus provider answers, among Apache's. */
export const METRICS = 'metrics';

/**
 * Commands that change something need POST here, and take GET there. Nobody says who they are, so
 * that what is for administrators is refused by both.
 */
const changing = /^(set_trace_mask|(connection_|observer_connection_)?stat_reset|snapshot|restore)/;

export const questions: readonly Question[] = [
  ...Object.entries(words).map(([word, compare]) => ({
    name: `word ${word}`,
    ask: ({ host, clientPort }: Place) =>
      fourLetterWord(clientPort, `${word}${argumentOf(word)}`, { host }),
    compare,
  })),
  ...commandNames.map((name) => ({
    name: `command ${name}`,
    ask: ({ host, clientPort, adminPort }: Place, isApache: boolean) => {
      const port = isApache ? adminPort : clientPort;
      const needsPost = name === 'restore' || (changing.test(name) && !isApache);
      const method = needsPost ? 'POST' : 'GET';
      return body(`http://${host}:${port}/commands/${name}`, method);
    },
    compare: (theirs: string, ours: string) =>
      fieldDifferences(jsonFields(theirs), jsonFields(ours)),
  })),
  {
    name: 'list of commands',
    ask: ({ host, clientPort, adminPort }, isApache) =>
      body(`http://${host}:${isApache ? adminPort : clientPort}/commands`, 'GET'),
    compare: (theirs, ours) => lineDifferences(linksOf(theirs), linksOf(ours), false),
  },
  {
    name: METRICS,
    ask: ({ host, clientPort, metricsPort }, isApache) =>
      body(`http://${host}:${isApache ? metricsPort : clientPort}/metrics`, 'GET'),
    compare: (theirs, ours) => fieldDifferences(metricFields(theirs), metricFields(ours)),
  },
];

/** Eight bytes of a mask follow the one word that sets it. */
function argumentOf(word: string): string {
  return word === 'stmk' ? `${'\0'.repeat(7)}\u0007` : '';
}

async function body(url: string, method: string): Promise<string> {
  const response = await fetch(url, { method, headers: { connection: 'close' } });
  return response.text();
}

function linksOf(page: string): readonly string[] {
  return [...page.matchAll(/href="([^"]*)"/g)].map(([, target]) => target!);
}
