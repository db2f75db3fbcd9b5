import { useEffect } from 'preact/hooks';
import { whileSeen } from '../ask.js';
import { agoText, countText, hexText, plural } from '../format.js';
import { about, now, state } from '../link.js';
import { BehindRelay, NothingToTell } from '../parts/away-notices.js';
import { Icon } from '../parts/icon.js';
import { Notice, Strip } from '../parts/notice.js';
import { VirtualList } from '../parts/virtual-list.js';
import { go, goQuery, hashOf, route } from '../route.js';
import { SessionPane } from './session-pane.js';
import {
  filter,
  hasMore,
  isLive,
  missing,
  readAt,
  reading,
  readSessions,
  rows,
  type SessionRow,
  type SortKey,
  sessionId,
  shown,
  sort,
  total,
} from './sessions.js';
import { heardText, timeText } from './words.js';

const ROW_HEIGHT = 30;
const EVERY_MS = 5_000;

/** Who is connected: every session that the server knows, and one of them beside the list. */
export function SessionsPage() {
  const kind = about.value?.kind;
  useEffect(() => {
    if (kind !== 'server') return undefined;
    return whileSeen(async () => {
      if (readAt.peek() === undefined || isLive()) await readSessions();
    }, EVERY_MS);
  }, [kind]);
  if (kind === 'relay') return <BehindRelay what="sessions" />;
  const chosen = route.value.query.id;
  const id = sessionId(chosen);
  return (
    <div class={`sessions-page ${chosen === undefined ? '' : 'one'}`}>
      <h1 class="unseen">Sessions</h1>
      <div class="session-list">
        <Toolbar />
        {readAt.value === undefined ? (
          reading.value === undefined || reading.value === 0 ? (
            <NothingToTell why={missing.value} />
          ) : (
            <p class="verdict pending">{plural(reading.value, 'session', 'sessions')} read …</p>
          )
        ) : (
          <Table chosen={id} />
        )}
      </div>
      {chosen !== undefined && (
        <section class="session-pane" aria-label="Session">
          <a class="to-list" href={hashOf(listRoute())}>
            <Icon name="back" /> Sessions
          </a>
          {id === undefined ? (
            <Notice icon="warn" title="That is no session id" tone="warn">
              <p>An id is hexadecimal with 0x, such as 0x100004bbaa30000.</p>
            </Notice>
          ) : (
            <SessionPane key={chosen} id={id} />
          )}
        </section>
      )}
    </div>
  );
}

/** The list with nothing chosen. */
function listRoute() {
  const { id: _, ...query } = route.value.query;
  return { ...route.value, query };
}

function Toolbar() {
  const isReading = reading.value !== undefined;
  const at = readAt.value;
  const count = shown.value.length;
  return (
    <div class="session-bar">
      <input
        type="search"
        class="mono"
        placeholder="id, address, server 2, local"
        aria-label="Filter sessions"
        value={filter.value}
        onInput={({ currentTarget: { value } }) => {
          goQuery('q', value === '' ? undefined : value);
        }}
      />
      <span class="muted numbers" role="status">
        {at !== undefined &&
          (filter.value === ''
            ? plural(total.value, 'session', 'sessions')
            : `${countText(count)} of ${plural(rows.value.length, 'session', 'sessions')}`)}
      </span>
      <span class="grow" />
      {at !== undefined && (
        <span class="muted numbers read-at">
          {isReading && !isLive() ? `${countText(reading.value ?? 0)} read …` : readText(at)}
        </span>
      )}
      <button type="button" class="quiet" disabled={isReading} onClick={() => void readSessions()}>
        Read again
      </button>
    </div>
  );
}

/** When the list was read; a short one is always of now. */
function readText(at: number): string {
  return isLive() && missing.value === undefined ? 'live' : `read ${agoText(at, now.value)}`;
}

const columns: readonly (readonly [name: string, key: SortKey | undefined, cls: string])[] = [
  ['Session', 'id', 'c-id'],
  ['Server', undefined, 'c-server'],
  ['Client', undefined, 'c-address'],
  ['Timeout', undefined, 'c-timeout'],
  ['Last heard', 'heard', 'c-heard'],
  ['Ephemerals', 'ephemerals', 'c-count'],
  ['Watches', 'watches', 'c-watches'],
];

function Table({ chosen }: { readonly chosen: bigint | undefined }) {
  const list = shown.value;
  const failure = missing.value;
  return (
    <>
      {failure !== undefined && (
        <Strip icon="plug" tone="warn">
          <strong>The list is not of now.</strong>{' '}
          {failure.kind === 'silent' ? 'The server does not answer.' : failure.words}
        </Strip>
      )}
      {/* biome-ignore lint/a11y/useSemanticElements: rows are made as they are scrolled to */}
      <div class="session-table" role="table" aria-label="Sessions" aria-rowcount={list.length + 1}>
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: its buttons have the focus */}
        <div class="session-row heads" role="row" aria-rowindex={1}>
          {columns.map(([name, key, cls]) => (
            <HeadCell key={name} name={name} sortKey={key} cls={cls} />
          ))}
        </div>
        {list.length > 0 && (
          <VirtualList
            class="session-rows"
            count={list.length}
            rowHeight={ROW_HEIGHT}
            list={{ role: 'rowgroup', tabIndex: 0, 'aria-label': 'Sessions, one a row' }}
            row={(index) => (
              <Row key={list[index]!.id} row={list[index]!} index={index} chosen={chosen} />
            )}
          />
        )}
      </div>
      {list.length === 0 && (
        <p class="verdict pending session-none">
          {rows.value.length === 0
            ? 'There is no session: nobody is connected.'
            : 'No session is let through by this filter.'}
        </p>
      )}
      {hasMore.value && (
        <p class="more">
          The first {countText(rows.value.length)} of {countText(total.value)} are read.{' '}
          <button
            type="button"
            disabled={reading.value !== undefined}
            onClick={() => void readSessions('on')}
          >
            Read on
          </button>
        </p>
      )}
      <p class="hint session-note">
        A dash is what this server does not know: the leader knows through which server each session
        comes and when it was heard, and a client's address and watches only that server.
      </p>
    </>
  );
}

interface HeadParts {
  readonly name: string;
  readonly sortKey: SortKey | undefined;
  readonly cls: string;
}

function HeadCell({ name, sortKey, cls }: HeadParts) {
  const isSorted = sortKey !== undefined && sort.value === sortKey;
  return (
    // biome-ignore lint/a11y/useSemanticElements: cells of a list that is no table element
    // biome-ignore lint/a11y/useFocusableInteractive: its button has the focus
    <div
      class={cls}
      role="columnheader"
      aria-sort={isSorted ? (sortKey === 'id' ? 'ascending' : 'descending') : undefined}
    >
      {sortKey === undefined ? (
        name
      ) : (
        <button
          type="button"
          class={`quiet sorter ${isSorted ? 'sorted' : ''}`}
          onClick={() => goQuery('sort', sortKey === 'id' ? undefined : sortKey)}
        >
          {name}
          {isSorted && <Icon name="chevron" size={12} />}
        </button>
      )}
    </div>
  );
}

interface RowParts {
  readonly row: SessionRow;
  readonly index: number;
  readonly chosen: bigint | undefined;
}

function Row({ row, index, chosen }: RowParts) {
  const id = sessionId(row.id);
  const isOwn = id !== undefined && state.value?.session === id;
  const open = { ...route.value, query: { ...route.value.query, id: hexText(id ?? 0n) } };
  const cells = [
    row.server_id,
    row.address,
    timeText(row.timeout),
    row.last_heard_ms_ago === null ? null : heardText(row.last_heard_ms_ago),
    countText(row.ephemerals),
    row.watches === null ? null : countText(row.watches),
  ];
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows are made as they are scrolled to
    // biome-ignore lint/a11y/useFocusableInteractive: the link in it has the focus
    // biome-ignore lint/a11y/useKeyWithClickEvents: the link in it takes the keys
    <div
      class={`session-row ${id === chosen ? 'selected' : ''}`}
      role="row"
      aria-rowindex={index + 2}
      style={{ height: `${ROW_HEIGHT}px` }}
      onClick={() => go(open)}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div class="c-id" role="cell">
        <a
          class="mono"
          href={hashOf(open)}
          aria-current={id === chosen ? 'true' : undefined}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) {
              event.stopPropagation();
              return;
            }
            event.preventDefault();
          }}
        >
          {row.id}
        </a>
        {isOwn && <span class="tag">this page</span>}
        {row.local && <span class="tag">local</span>}
        {row.closing && <span class="tag">closing</span>}
      </div>
      {cells.map((cell, at) => (
        // biome-ignore lint/a11y/useSemanticElements: as above
        <div key={columns[at + 1]![0]} class={columns[at + 1]![2]} role="cell">
          {cell ?? <span class="muted">–</span>}
        </div>
      ))}
    </div>
  );
}
