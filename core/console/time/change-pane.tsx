import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Answer, administrator } from '../ask.js';
import { agoText, countText, timeText } from '../format.js';
import { now } from '../link.js';
import { Notice, Strip } from '../parts/notice.js';
import { visibleName } from '../paths.js';
import { goQuery, hashOf, hashOfSession, route } from '../route.js';
import { NodeSides } from './node-sides.js';
import {
  type ChangeAnswer,
  type Part,
  type PastNode,
  readChange,
  readTransactions,
  type Transaction,
} from './past.js';
import { PastFailure } from './past-failure.js';
import { useAgain } from './use-again.js';
import { errorText, partOf, partWords, toldOf } from './words.js';

/** Parts that are listed at once. */
const MOST_PARTS = 200;

/** One transaction: who, what, when, and each node that it changed, before and after. */
export function ChangePane({
  zxid,
  known,
  path,
}: {
  readonly zxid: string;
  /** The row of the list, where it is there. */
  readonly known: Transaction | undefined;
  /** The path whose history is looked at. */
  readonly path: string;
}) {
  const answer = useSignal<Answer<Transaction | undefined> | undefined>(undefined);
  const who = administrator.value?.name;
  const again = useAgain(answer.value);
  useEffect(() => {
    let isOver = false;
    const query = { from: zxid, limit: '1', full: 'true' };
    void readTransactions(query, () => !isOver).then((next) => {
      if (next === undefined) return;
      if (next.kind !== 'answered') answer.value = next;
      else {
        const found = next.body.transactions.find((row) => row.zxid === zxid);
        answer.value = { kind: 'answered', body: found };
      }
    });
    return () => {
      isOver = true;
    };
  }, [zxid, who, again, answer]);
  const found = answer.value;
  const row = (found?.kind === 'answered' ? found.body : undefined) ?? known;
  if (row === undefined) {
    if (found === undefined) return <p class="verdict pending">Reading the transaction …</p>;
    if (found.kind !== 'answered') return <PastFailure what="The transaction" why={found} />;
    return (
      <Notice icon="gone" title="There is no such transaction here">
        <p>
          The log that is kept does not hold {zxid}
          {who === undefined ? ', or it is not for everybody to see' : ''}.
        </p>
      </Notice>
    );
  }
  const { verb, more } = toldOf(row, path);
  const paths = row.parts.flatMap((part) => part.path ?? []);
  const own = partOf(row, path)?.path ?? paths[0];
  const wanted = route.value.query.node;
  const chosen = wanted !== undefined && paths.includes(wanted) ? wanted : own;
  return (
    <>
      <header class="session-head">
        <h2 class="mono">{row.zxid}</h2>
        <span class="tag">{row.type}</span>
      </header>
      <p class="time-told">
        <strong>{verb}</strong>
        {more !== '' && <span class="muted"> {more}</span>}
      </p>
      <dl class="facts">
        <div class="fact">
          <dt>When</dt>
          <dd class="numbers">
            {agoText(row.time, now.value)} <span class="muted">{timeText(row.time)}</span>
          </dd>
        </div>
        <div class="fact">
          <dt>Who</dt>
          <dd>
            {row.session === '0x0' ? (
              'the server itself'
            ) : (
              <>
                session{' '}
                <a class="mono" href={hashOfSession(row.session)}>
                  {row.session}
                </a>
                {row.cxid > 0 && <span class="muted">, its request {countText(row.cxid)}</span>}
              </>
            )}
          </dd>
        </div>
        {row.error !== null && (
          <div class="fact">
            <dt>Result</dt>
            <dd>{errorText(row)}: nothing was changed</dd>
          </div>
        )}
      </dl>
      <div class="bar time-leads">
        <a
          class="button"
          href={hashOf({ page: 'time', path: chosen ?? path, query: treeAt(zxid) })}
        >
          Tree at this moment
        </a>
        {row.session !== '0x0' && (
          <button type="button" onClick={() => goQuery('session', row.session)}>
            All of this session
          </button>
        )}
      </div>
      {row.parts.length > 0 && <Parts row={row} chosen={chosen} />}
      {chosen !== undefined && row.error === null && (
        <Sides key={chosen} zxid={zxid} path={chosen} row={row} />
      )}
    </>
  );
}

function treeAt(zxid: string) {
  return { view: 'tree', at: zxid };
}

function Parts({
  row,
  chosen,
}: {
  readonly row: Transaction;
  readonly chosen: string | undefined;
}) {
  const { parts, part_count: count } = row;
  if (row.type !== 'multi' && row.type !== 'closeSession') {
    const [part] = parts;
    return (
      <p class="time-node mono" title={part?.path}>
        {visibleName(part?.path ?? '')}
      </p>
    );
  }
  return (
    <>
      <h3 class="owned-title">
        {row.type === 'multi' ? 'Its parts' : 'Nodes that went with it'}
        {count > Math.min(parts.length, MOST_PARTS) && (
          <span class="muted">
            , the first {countText(Math.min(parts.length, MOST_PARTS))} of {countText(count)}
          </span>
        )}
      </h3>
      <ol class="time-parts">
        {parts.slice(0, MOST_PARTS).map((part, at) => {
          const { verb, more } = partWords(part);
          return (
            <li key={at}>
              {part.path === undefined ? (
                <span class="muted">{verb}</span>
              ) : (
                <button
                  type="button"
                  class="quiet"
                  aria-pressed={part.path === chosen}
                  onClick={() => goQuery('node', part.path)}
                >
                  {verb} <span class="mono">{visibleName(part.path)}</span>
                </button>
              )}{' '}
              <span class="muted">{more}</span>
            </li>
          );
        })}
      </ol>
    </>
  );
}

/** The node before and after; where that cannot be made, what the log itself says of it. */
function Sides({
  zxid,
  path,
  row,
}: {
  readonly zxid: string;
  readonly path: string;
  readonly row: Transaction;
}) {
  const answer = useSignal<Answer<ChangeAnswer> | undefined>(undefined);
  const who = administrator.value?.name;
  const again = useAgain(answer.value);
  useEffect(() => {
    let isOver = false;
    if (answer.peek()?.kind !== 'silent') answer.value = undefined;
    void readChange(zxid, path, () => !isOver).then((next) => {
      if (next !== undefined) answer.value = next;
    });
    return () => {
      isOver = true;
    };
  }, [zxid, path, who, again, answer]);
  const found = answer.value;
  if (found === undefined) return <p class="verdict">Making the tree of that moment …</p>;
  if (found.kind === 'answered') {
    const { before, after } = found.body;
    return <NodeSides before={before} after={after} names={['Before', 'After']} />;
  }
  const part = row.parts.find((each) => each.path === path && each.data?.content !== undefined);
  return (
    <>
      <PastFailure what="What was before" why={found} />
      {part !== undefined && (
        <>
          <Strip icon="pulse" tone="info">
            <strong>From the log.</strong> This is what the transaction itself wrote.
          </Strip>
          <NodeSides before={null} after={asNode(part, row)} names={['–', 'Written']} />
        </>
      )}
    </>
  );
}

/** As much of a node as a transaction says of it. */
function asNode(part: Part, row: Transaction): PastNode {
  return {
    path: part.path ?? '',
    czxid: row.zxid,
    mzxid: row.zxid,
    pzxid: row.zxid,
    ctime: row.time,
    mtime: row.time,
    version: part.version ?? 0,
    cversion: 0,
    aversion: 0,
    owner: part.ephemeral === true ? row.session : '0x0',
    num_children: 0,
    data: part.data ?? { length: 0 },
    acl: part.acl ?? null,
  };
}
