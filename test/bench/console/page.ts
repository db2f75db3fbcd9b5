/** The cost of an open console as markdown. */
import { table } from '../../prove/page.js';
import { numberText } from '../page.js';
import { median, type Ratio } from '../records.js';
import {
  addedWhenIdle,
  type ConsoleRecord,
  casesOf,
  judgeConsole,
  ratioUnderLoad,
  views,
} from './records.js';

const OPEN = {
  nothing: 'an empty page',
  ensemble: 'the page of the ensemble',
  tree: 'the page of the tree',
} as const;

/** All tables; nothing without records. */
export function renderConsole(records: readonly ConsoleRecord[]): string {
  const judged = judgeConsole(records);
  if (judged.length === 0) return '';
  const targets = judged.map(({ what, demand, ratio, holds }) => [
    what,
    demand,
    spread(ratio),
    holds ? 'reached' : '**falls short**',
  ]);
  const rows = views.map((view) => {
    const idle = records.filter((one) => one.part === 'idle').filter((one) => one.view === view);
    const cells = casesOf(records).map((name) => {
      const own = records
        .filter((one) => one.part === 'loaded')
        .filter((one) => one.view === view && one.case === name);
      const cpu = numberText(median(own.map(({ cpuUsPerOp }) => cpuUsPerOp)), 2);
      const ops = numberText(median(own.map(({ opsPerSecond }) => opsPerSecond)), 0);
      const ratio = ratioUnderLoad(records, name, view);
      return `${cpu} · ${ops} · ${ratio === undefined ? '–' : spread(ratio)}`;
    });
    const added = addedWhenIdle(records, view);
    const spent = numberText(median(idle.map(({ cpuMsPerSecond }) => cpuMsPerSecond)), 1);
    return [OPEN[view], `${spent} · ${added === undefined ? '–' : spread(added)}`, ...cells];
  });
  const head = ['open in a browser', 'idle', ...casesOf(records)];
  return [
    `## Targets\n\n${SPREAD}\n\n${table(['what', 'to reach', '', ''], targets)}`,
    `## Figures\n\n${FIGURES}\n\n${table(head, rows)}`,
    WHAT,
  ].join('\n\n');
}

function spread({ median: middle, least, greatest }: Ratio): string {
  return `${numberText(middle, 2)} (${numberText(least, 2)}–${numberText(greatest, 2)})`;
}

const SPREAD = `Taken round by round: the median, and the least and greatest in brackets.`;

const FIGURES = `Idle: milliseconds of processor time of the server in a second · how many more than
without. Under load: microseconds of processor time for an operation · operations in a second · the
time for an operation over that without. Eight clients have sixteen requests outstanding each.`;

const WHAT = `## What is done

One server, one headless Chromium beside it on the same machine. In each round the browser shows an
empty page, then the console, in turning order; the processor time of the server's process is
Linux's count of it. The page of the ensemble asks for what is new of the history every five
seconds, and has no watch. The page of the tree has a recursive watch on the root: the server sends
it an event for each write, and that is what its writes cost more.`;
