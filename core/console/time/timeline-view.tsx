import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { administrator, whileSeen } from '../ask.js';
import { bytesText, clockText, countText, timeText } from '../format.js';
import { Icon } from '../parts/icon.js';
import { Strip } from '../parts/notice.js';
import { VirtualList } from '../parts/virtual-list.js';
import { visibleName } from '../paths.js';
import { go, goQuery, hashOf, route } from '../route.js';
import { ChangePane } from './change-pane.js';
import { momentOf, momentText, type Transaction, WRONG_MOMENT } from './past.js';
import { PastFailure } from './past-failure.js';
import {
  chosen,
  gaps,
  isBehind,
  isReading,
  missing,
  newer,
  next,
  readAnew,
  readBytes,
  readNewer,
  readOn,
  rows,
  sessionProblem,
} from './timeline.js';
import { allKinds, type Kind, toldOf, toneOf } from './words.js';

const ROW_HEIGHT = 30;
/** So near to the end of the list it is read on. */
const NEAR = 10;
/** So often it is looked whether more has happened. */
const EVERY_MS = 2_000;
/** So many rows are read without being asked for more. */
const MOST_ROWS = 20_000;

/** Who did what, when: the transactions of a path, and one of them beside the list. */
export function TimelineView() {
  const { path, withBelow, session, kinds, until } = chosen.value;
  const who = administrator.value?.name;
  useEffect(() => {
    void readAnew();
    return whileSeen(async () => {
      if (rows.peek().length < MOST_ROWS) await readNewer();
    }, EVERY_MS);
  }, [path, withBelow, session, kinds.join(), until, who]);
  const zxid = route.value.query.zxid;
  const list = rows.value;
  const row = list.find((each) => each.zxid === zxid);
  return (
    <div class={`time-split ${zxid === undefined ? '' : 'one'}`}>
      <section class="time-list" aria-label="Transactions">
        <Filters />
        {gaps.value.map(({ after, before }) => (
          <Strip key={`${after}`} icon="warn" tone="warn">
            <strong>The log of this server is not whole.</strong> Transactions are missing{' '}
            {after !== null && <>after {after} </>}
            {before === null ? 'up to the present' : `before ${before}`}: it got a snapshot in their
            place, or a file is damaged or gone. Another server may have them.
          </Strip>
        ))}
        {isBehind.value && (
          <Strip icon="pulse" tone="info">
            <strong>Much has happened since.</strong> More than is read along: read again to see it.
          </Strip>
        )}
        {missing.value !== undefined && <PastFailure what="The history" why={missing.value} />}
        {list.length > 0 ? (
          <Rows list={list} zxid={zxid} />
        ) : (
          missing.value === undefined && <Nothing />
        )}
        <Foot />
      </section>
      {zxid !== undefined && (
        <section class="time-pane" aria-label="Transaction">
          <a class="to-list" href={hashOf(without('zxid'))}>
            <Icon name="back" /> Transactions
          </a>
          <ChangePane key={zxid} zxid={zxid} known={row} path={path} />
        </section>
      )}
    </div>
  );
}

function without(name: string) {
  const { [name]: _, ...query } = route.value.query;
  return { ...route.value, query };
}

function Filters() {
  const { path, withBelow, session, kinds, until } = chosen.value;
  const typed = useSignal(path);
  const ofSession = useSignal(session);
  const upTo = useSignal(momentText(until));
  useEffect(() => {
    typed.value = path;
  }, [path]);
  useEffect(() => {
    ofSession.value = session;
  }, [session]);
  useEffect(() => {
    upTo.value = momentText(until);
  }, [until]);
  const problem = sessionProblem(ofSession.value.trim());
  const isWrongMoment = upTo.value.trim() !== '' && momentOf(upTo.value) === undefined;
  const toggle = (kind: Kind) => {
    // The first click leaves one kind; then they are added and taken away.
    const some =
      kinds.length === allKinds.length
        ? [kind]
        : kinds.includes(kind)
          ? kinds.filter((each) => each !== kind)
          : [...kinds, kind];
    const isAll = some.length === 0 || some.length === allKinds.length;
    goQuery('kinds', isAll ? undefined : some.join(' '));
  };
  return (
    <form
      class="time-filters"
      onSubmit={(event) => {
        event.preventDefault();
        const wanted = typed.value.trim();
        const { zxid: _, ...query } = route.value.query;
        if (wanted.startsWith('/')) go({ path: wanted.replace(/(?<=.)\/+$/, ''), query });
        if (problem === undefined) goQuery('session', ofSession.value.trim() || undefined);
        if (!isWrongMoment) goQuery('until', momentOf(upTo.value));
      }}
    >
      <input
        type="search"
        class="mono time-path"
        aria-label="History of the path"
        spellcheck={false}
        value={typed.value}
        onInput={({ currentTarget: { value } }) => {
          typed.value = value;
        }}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={withBelow}
          onChange={({ currentTarget: { checked } }) => {
            const isUsual = checked === (path === '/');
            goQuery('below', isUsual ? undefined : checked ? 'yes' : 'no');
          }}
        />{' '}
        and all below it
      </label>
      <input
        type="search"
        class="mono time-session"
        placeholder="session 0x…"
        aria-label="Only of the session"
        aria-invalid={problem !== undefined}
        title={problem}
        spellcheck={false}
        value={ofSession.value}
        onInput={({ currentTarget: { value } }) => {
          ofSession.value = value;
        }}
      />
      <input
        type="search"
        class="mono time-until"
        placeholder="up to a moment"
        aria-label="Up to the zxid or time"
        aria-invalid={isWrongMoment}
        title={isWrongMoment ? WRONG_MOMENT : undefined}
        spellcheck={false}
        value={upTo.value}
        onInput={({ currentTarget: { value } }) => {
          upTo.value = value;
        }}
      />
      <button type="submit">Show</button>
      <fieldset class="kinds">
        <legend class="unseen">Kinds of transactions</legend>
        {allKinds.map((kind) => (
          <button
            key={kind}
            type="button"
            class="kind"
            aria-pressed={kinds.includes(kind)}
            onClick={() => toggle(kind)}
          >
            {kind}
          </button>
        ))}
      </fieldset>
      {problem !== undefined && <span class="bad">{problem}</span>}
      {isWrongMoment && <span class="bad">{WRONG_MOMENT}</span>}
    </form>
  );
}

function Rows({
  list,
  zxid,
}: {
  readonly list: readonly Transaction[];
  readonly zxid: string | undefined;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows are made as they are scrolled to
    <div class="time-table" role="table" aria-label="Transactions" aria-rowcount={list.length}>
      <VirtualList
        class="time-rows"
        count={list.length}
        rowHeight={ROW_HEIGHT}
        before={newer.value}
        list={{ role: 'rowgroup', tabIndex: 0, 'aria-label': 'Transactions, one a row' }}
        row={(index) => {
          const isNear = index >= list.length - NEAR && list.length < MOST_ROWS;
          if (isNear && missing.peek() === undefined) queueMicrotask(() => void readOn());
          const row = list[index]!;
          return <Row key={row.zxid} row={row} index={index} isChosen={row.zxid === zxid} />;
        }}
      />
    </div>
  );
}

/** A row, of which its number is a link, so that keys reach it and it can be opened elsewhere. */
function Row({
  row,
  index,
  isChosen,
}: {
  readonly row: Transaction;
  readonly index: number;
  readonly isChosen: boolean;
}) {
  const whose = route.value.path;
  const { verb, path, more } = toldOf(row, whose);
  const open = { ...route.value, query: { ...route.value.query, zxid: row.zxid } };
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows are made as they are scrolled to
    // biome-ignore lint/a11y/useFocusableInteractive: its link has the focus
    // biome-ignore lint/a11y/useKeyWithClickEvents: its link has the keys
    <div
      class={`time-row ${isChosen ? 'selected' : ''}`}
      role="row"
      aria-rowindex={index + 1}
      style={{ height: `${ROW_HEIGHT}px` }}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        go(open);
      }}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div class="t-time" role="cell" title={timeText(row.time)}>
        <span class="muted day">{timeText(row.time).slice(0, 10)} </span>
        {clockText(row.time)}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div class="t-what" role="cell">
        <span class={`dot ${toneOf(row, whose)}`}>{verb}</span>
        {path !== undefined && (
          <span class="mono t-path" title={path}>
            {visibleName(path)}
          </span>
        )}
        {more !== '' && <span class="muted t-more">{more}</span>}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div class="t-session mono muted" role="cell">
        {row.session === '0x0' ? 'the server' : row.session}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div class="t-zxid" role="cell">
        <a class="mono" href={hashOf(open)} aria-current={isChosen ? 'true' : undefined}>
          {row.zxid}
        </a>
      </div>
    </div>
  );
}

function Nothing() {
  const { path, withBelow } = chosen.value;
  if (isReading.value || next.value === undefined) {
    return <p class="verdict pending time-none">Reading the log …</p>;
  }
  if (next.value !== null) {
    return <p class="verdict pending time-none">Nothing was found so far.</p>;
  }
  return (
    <p class="verdict pending time-none">
      The log that is kept tells of nothing that happened to {visibleName(path)}
      {withBelow ? ' or below it' : ''}
      {administrator.value === undefined ? ', as far as everybody may know it' : ''}.
    </p>
  );
}

function Foot() {
  const count = rows.value.length;
  const end = next.value;
  return (
    <div class="time-foot">
      <span class="muted numbers" role="status">
        {isReading.value && 'Reading … '}
        {countText(count)} found in {bytesText(readBytes.value)} of log
        {end === null ? ', which is all that is kept' : end !== undefined && `, back to ${end}`}
      </span>
      <span class="grow" />
      {typeof end === 'string' && (
        <button type="button" disabled={isReading.value} onClick={() => void readOn()}>
          Read on
        </button>
      )}
      <button
        type="button"
        class="quiet"
        disabled={isReading.value}
        onClick={() => void readAnew()}
      >
        Read again
      </button>
    </div>
  );
}
