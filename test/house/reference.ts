/**
 * The reference pages under docs/reference, made from the program's own tables. Run by itself it
 * names the pages that are stale; with `--update` it writes them.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { adminCommands } from '@vivarium/core/internal/admin/commands';
import { fourLetterWords } from '@vivarium/core/internal/admin/four-letter';
import { gauges } from '@vivarium/core/internal/admin/gauges';
import { historyColumns, notableEvents } from '@vivarium/core/internal/admin/history';
import {
  advancedSummaries,
  advancedSummarySets,
  counters,
  idleAdvancedSummaries,
  idleCounters,
  idleSummaries,
  summaries,
} from '@vivarium/core/internal/admin/metric-names';
import { ownMetrics } from '@vivarium/core/internal/admin/own-metrics';
import { errorTable } from '@vivarium/core/internal/base/errors';
import { diagnosticChannels } from '@vivarium/core/internal/client/diagnostics';
import { ensembleOptions } from '@vivarium/core/internal/config/ensemble-options';
import { membershipKeys } from '@vivarium/core/internal/config/file-keys';
import type { Option } from '@vivarium/core/internal/config/option';
import { options } from '@vivarium/core/internal/config/options';
import { otherKeys } from '@vivarium/core/internal/config/other-keys';
import { shellOptions } from '@vivarium/core/internal/node/cli/shell/arguments';
import { shellCommands } from '@vivarium/core/internal/node/cli/shell/commands';
import { shellExitCodes } from '@vivarium/core/internal/node/cli/shell/failure';
import { operations } from '@vivarium/core/internal/wire/operations';
import { recipeErrors } from '@vivarium/recipes/internal/errors';

/** Text of every page by its file name. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    ['options.md', optionsPage()],
    ['admin-commands.md', commandsPage()],
    ['four-letter-words.md', wordsPage()],
    ['metrics.md', metricsPage()],
    ['errors.md', errorsPage()],
    ['operations.md', operationsPage()],
    ['shell.md', shellPage()],
    ['diagnostics.md', diagnosticsPage()],
  ]);
}

/** Names of the pages in `folder` that differ from what the tables say, or are missing. */
export function stalePages(folder: URL = REFERENCE): readonly string[] {
  return [...referencePages()]
    .filter(([name, text]) => readOrEmpty(new URL(name, folder)) !== text)
    .map(([name]) => name);
}

/** Writes every page into `folder`. */
export function updatePages(folder: URL = REFERENCE): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of referencePages()) writeFileSync(new URL(name, folder), text);
}

/** docs/reference, seen from test/dist/house. */
const REFERENCE = new URL('../../../docs/reference/', import.meta.url);

function optionsPage(): string {
  const rows: readonly Option<unknown>[] = Object.values(options);
  const own = rows.filter(({ key }) => key.startsWith('vivarium.'));
  const ofEnsembles = new Set<Option<unknown>>(Object.values(ensembleOptions));
  const shared = rows.filter((row) => !row.key.startsWith('vivarium.') && !ofEnsembles.has(row));
  const table = (some: readonly Option<unknown>[]) =>
    markdown(
      ['Key', 'Type', 'Default', 'Allowed', 'What it does'],
      some.map((row) => [
        code(row.key),
        row.kind.type,
        defaultText(row),
        row.kind.allowed,
        row.doc,
      ]),
    );
  const others = (support: 'ignored' | 'refused') =>
    otherKeys.filter((row) => row.support === support);
  return page(
    'Options',
    'Keys of `zoo.cfg`, which is read in the Java properties format. Any key may carry the prefix ' +
      '`zookeeper.`. A wrong value stops the start with file, line, key and what is allowed; an ' +
      'unknown key is a warning; of a repeated key the last value counts, with a warning.',
    "## ZooKeeper's keys",
    table(shared),
    '## Who is in the ensemble',
    'Without these lines, or with one participant, a server stands alone. In an ensemble every ' +
      'server has the same ones, and a file `myid` in its `dataDir` whose first line is its number.',
    markdown(
      ['Key', 'Allowed', 'What it does'],
      membershipKeys.map((row) => [code(row.key), row.allowed, row.doc]),
    ),
    "## ZooKeeper's keys of ensembles",
    'A server that stands alone passes over them, with a notice.',
    table(Object.values(ensembleOptions)),
    "## Vivarium's own keys",
    'An Apache server passes over them.',
    table(own),
    '## Keys that refuse the start',
    'They ask for security, membership or durability that this version does not have; going on ' +
      'without it would be a silent downgrade. Values that ask for nothing are fine.',
    markdown(
      ['Key', 'Fine when', 'Why', 'What to do'],
      others('refused').map((row) => [
        code(row.key),
        row.harmless.map((value) => (value === '' ? 'empty' : code(value))).join(', ') || 'never',
        row.why,
        row.remedy,
      ]),
    ),
    '## Keys without effect',
    'They are known, their values are checked, and a notice names them.',
    markdown(
      ['Key', 'Allowed', 'Why'],
      others('ignored').map((row) => [code(row.key), row.kind.allowed, row.why]),
    ),
  );
}

function commandsPage(): string {
  return page(
    'Admin commands',
    "`/commands/<name>` on the client port answers in JSON, with ZooKeeper's names and keys, and " +
      'adds `command` and `error`. On a loopback address it is on; elsewhere ' +
      '`vivarium.commands=true` turns it on. A GET changes nothing: commands that reset something ' +
      'need POST.',
    'A command for operators is run for administrators (`vivarium.administrators`, HTTP Basic) and, ' +
      'on a loopback address where no administrator is named, for anybody; one for administrators ' +
      'only for them. `vivarium admin-user NAME` makes one.',
    'Beside `/commands`, `/health` answers 200 while the process lives, `/ready` 200 while it ' +
      'serves and 503 otherwise, and `/metrics` the [metrics](metrics.md).',
    markdown(
      ['Command', 'Aliases', 'Method', 'For', 'Without a serving server', 'What it answers'],
      adminCommands.map((row) => [
        code(row.name),
        row.aliases.map(code).join(', '),
        row.method,
        `${row.needs}${row.needs === 'anybody' ? '' : 's'}`,
        row.needsServer ? 'an `error`' : 'answers',
        row.doc,
      ]),
    ),
    '## history',
    '`GET /commands/history?since=SEQ` answers `interval_ms`, `began` (when this life of the server ' +
      'began: another value means that it was restarted), `last_seq` (the next `since`), `columns`, ' +
      '`rows` with a value for each column, and `events`, each with `seq`, `unix_ms`, `kind` ' +
      `(${[...new Set(Object.values(notableEvents))].map(code).join(', ')}) and \`message\`. Rows ` +
      'begin with `seq` and `unix_ms`; figures are those of the interval before. All of it takes ' +
      '110 KiB of memory when it is full.',
    markdown(
      ['Column', 'Meaning'],
      historyColumns.map(({ name, doc }) => [code(name), doc]),
    ),
  );
}

function wordsPage(): string {
  return page(
    'Four-letter words',
    'Sent as the first bytes of a connection, answered in text, then the connection is closed. ' +
      '`4lw.commands.whitelist` lists the words that are answered; `srvr` always is.',
    markdown(
      ['Word', 'Without a serving server', 'What it answers'],
      Object.entries(fourLetterWords).map(([word, row]) => [
        code(word),
        row.needsServer
          ? code(row.whenNotServing ?? 'This ZooKeeper instance is not …')
          : 'answers',
        row.doc,
      ]),
    ),
  );
}

function metricsPage(): string {
  const idle = [...idleCounters, ...idleSummaries, ...idleAdvancedSummaries];
  return page(
    'Metrics',
    '`mntr` and the command `monitor` report them (with `zk_` before each name in `mntr`), ' +
      '`/metrics` in the Prometheus text format without a prefix. A summary is `avg_`, `min_`, ' +
      '`max_`, `cnt_` and `sum_` in `mntr`, an advanced one also `p50_`, `p95_`, `p99_` and ' +
      '`p999_`; in Prometheus it has quantiles. Percentiles are those of about a thousand recent ' +
      'values.',
    '## Gauges',
    markdown(
      ['Name', 'Meaning'],
      gauges.map(({ name, doc }) => [code(name), doc]),
    ),
    '## Measured',
    markdown(
      ['Name', 'Kind'],
      [
        ...Object.keys(counters).map((name) => [code(name), 'counter']),
        ...Object.keys(summaries).map((name) => [code(name), 'summary']),
        ...Object.keys(advancedSummaries).map((name) => [code(name), 'advanced summary']),
        ...Object.keys(advancedSummarySets).map((name) => [
          code(name),
          'advanced summary for each server: its number stands before the name (`avg_1_…`), in ' +
            'Prometheus in the label `key`',
        ]),
      ],
    ),
    "## Vivarium's own",
    'Only in `/metrics`.',
    markdown(
      ['Name', 'Kind', 'Meaning'],
      ownMetrics.map(({ name, type, doc }) => [code(name), type, doc]),
    ),
    '## Always zero',
    "These measure parts of ZooKeeper's server that Vivarium does not have, such as caches and " +
      'queues between threads, or are not measured yet, such as what a start loads. They are ' +
      'reported as zero so that dashboards find them.',
    idle.map(code).join(', '),
    '## Not there',
    'What ZooKeeper counts for each topmost node is not reported: `read_per_namespace`, ' +
      '`write_per_namespace`, `quota_exceeded_error_per_namespace`, and the limits and usage of ' +
      'quotas (`quota_count_limit_per_namespace` and its like), which `listquota` of the ' +
      '[shell](shell.md) shows. Nor are `learner_handler_qp_size` and ' +
      '`learner_handler_qp_time_ms`: a leader keeps no queue of packets for each learner.',
  );
}

function errorsPage(): string {
  return page(
    'Errors',
    'A request that fails rejects with a `ZkError` whose `name` is one of these. `refused` means ' +
      'that nothing happened, `unknown` that the request may have taken effect. Codes are those of ' +
      'the wire.',
    markdown(
      ['Name', 'Code', 'Outcome', 'Meaning'],
      Object.entries(errorTable).map(([name, row]) => [
        code(name),
        String(row.code),
        row.outcome,
        row.message,
      ]),
    ),
    'What a recipe finds by itself is a `RecipeError` with one of these as its `name`; its `path` is ' +
      'the node or folder that it is about.',
    markdown(
      ['Name', 'Meaning'],
      Object.entries(recipeErrors).map(([name, meaning]) => [code(name), meaning]),
    ),
  );
}

function operationsPage(): string {
  return page(
    'Operations',
    'Requests of the client protocol. A read is answered from the tree of the server asked, a write ' +
      'becomes a transaction, a session operation is about the connection; internal ones are ' +
      'refused when a client sends them by themselves.',
    markdown(
      ['Operation', 'Code', 'Kind', 'Since ZooKeeper', 'Tag in `stat` and `cons`'],
      Object.entries(operations).map(([name, row]) => [
        code(name),
        String(row.code),
        row.kind,
        row.since,
        row.tag,
      ]),
    ),
  );
}

function shellPage(): string {
  return page(
    'Shell',
    '`vivarium shell [options] command …` runs one command; without one it is a prompt at a ' +
      'terminal, and elsewhere reads a command a line from standard input. The ' +
      '[guide](../guides/shell.md) shows it at work. Times are printed in UTC.',
    '## Options',
    'They stand before the command.',
    markdown(
      ['Option', 'What it does'],
      shellOptions.map(([option, doc]) => [code(option), doc]),
    ),
    '## Commands',
    'Each takes `--json`. A flag may stand anywhere behind its command; `--` ends them.',
    markdown(
      ['Command', 'Arguments', 'What it does'],
      Object.entries(shellCommands).map(([name, row]) => [
        code(name),
        row.usage === '' ? '' : code(row.usage),
        row.doc,
      ]),
    ),
    '## Exit codes',
    'Of several lines the highest counts; at a prompt, that of the last line.',
    markdown(
      ['Code', 'Meaning'],
      Object.values(shellExitCodes).map(({ code: number, doc }) => [code(String(number)), doc]),
    ),
  );
}

function diagnosticsPage(): string {
  return page(
    'Diagnostics channels',
    "The client publishes on channels of Node's `node:diagnostics_channel`, which tools subscribe to " +
      'without knowing the program: [an example](../guides/observing.md). Nothing is made, and ' +
      'nothing costs time, on a channel without a subscriber. In a page, and with a host in memory, ' +
      'there are none.',
    ...Object.values(diagnosticChannels).flatMap(({ name, kind, doc, fields }) => [
      `## ${name}`,
      kind === 'tracing' ? `A tracing channel (\`tracingChannel('${name}')\`). ${doc}` : doc,
      markdown(
        ['Field', 'Meaning'],
        Object.entries(fields).map(([field, meaning]) => [code(field), meaning]),
      ),
    ]),
  );
}

function defaultText({ default: value, kind }: Option<unknown>): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.length === 0 ? '' : code(value.join(','));
  if (kind.type === 'yes/no') return code(value === true ? 'yes' : 'no');
  if (kind.type === 'hours') return code(String(Number(value) / 3_600_000));
  return code(String(value));
}

function page(title: string, ...parts: readonly string[]): string {
  const origin = '<!-- Made by test/house/reference.ts from the tables of the program. -->';
  return `${[`# ${title}`, origin, ...parts].join('\n\n')}\n`;
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

function readOrEmpty(file: URL): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--update')) updatePages();
  const stale = stalePages();
  for (const name of stale) console.error(`docs/reference/${name} is stale`);
  process.exitCode = stale.length === 0 ? 0 : 1;
}
