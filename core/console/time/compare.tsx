import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { administrator } from '../ask.js';
import { bytesText, countText, plural } from '../format.js';
import { VirtualList } from '../parts/virtual-list.js';
import { visibleName } from '../paths.js';
import { go, goQuery, hashOf, route } from '../route.js';
import { type Found, MomentField } from './moment-field.js';
import { NodeSides } from './node-sides.js';
import {
  type Difference,
  type Failure,
  type PastNode,
  readDifferences,
  readNode,
  type Span,
} from './past.js';
import { PastFailure } from './past-failure.js';
import { useAgain } from './use-again.js';

const ROW_HEIGHT = 30;
const PAGE = 500;
/** So many are read without being asked for more. */
const STEP = 5_000;

/** What is not the same at two moments, at a path and below it. */
export function Compare({ span }: { readonly span: Span }) {
  const { path, query } = route.value;
  const from = query.from ?? span.exact_from ?? undefined;
  const to = query.to ?? span.last_zxid ?? undefined;
  const rows = useSignal<readonly Difference[]>([]);
  const found = useSignal<{ readonly from: Found; readonly to: Found } | undefined>(undefined);
  const missing = useSignal<Failure | undefined>(undefined);
  const next = useSignal<number | null>(null);
  const visited = useSignal(0);
  const isReading = useSignal(false);
  const who = administrator.value?.name;
  const again = useAgain(missing.value);
  const read = async (isWanted: () => boolean, first: number | undefined) => {
    if (from === undefined || to === undefined) return;
    isReading.value = true;
    let after = first;
    for (let count = 0; count < STEP; ) {
      const words = {
        path,
        limit: String(PAGE),
        ...(after !== undefined && { after: `${after}` }),
      };
      const answer = await readDifferences(from, to, words, isWanted);
      if (answer === undefined) return;
      if (answer.kind !== 'answered') {
        missing.value = answer;
        break;
      }
      const { body } = answer;
      missing.value = undefined;
      found.value = {
        from: { zxid: body.from_zxid, time: body.from_time },
        to: { zxid: body.to_zxid, time: body.to_time },
      };
      rows.value = [...rows.peek(), ...body.differences];
      visited.value += body.visited;
      next.value = body.next;
      count += body.differences.length;
      if (body.next === null) break;
      after = body.next;
    }
    isReading.value = false;
  };
  useEffect(() => {
    let isOver = false;
    rows.value = [];
    found.value = undefined;
    if (missing.peek()?.kind !== 'silent') missing.value = undefined;
    next.value = null;
    visited.value = 0;
    void read(() => !isOver, undefined);
    return () => {
      isOver = true;
    };
  }, [from, to, path, who, again]);
  const list = rows.value;
  const chosen = route.value.query.node;
  const both = found.value;
  return (
    <div class="time-tree">
      <div class="moments">
        <MomentField
          label="From"
          moment={from}
          found={both?.from}
          span={span}
          onChoose={(moment) => goQuery('from', moment)}
        />
        <MomentField
          label="To"
          moment={to}
          found={both?.to}
          span={span}
          onChoose={(moment) => goQuery('to', moment)}
        />
      </div>
      {missing.value !== undefined && <PastFailure what="The comparison" why={missing.value} />}
      <div class={`time-split ${chosen === undefined ? '' : 'one'}`}>
        <section class="time-list" aria-label="Differences">
          {list.length > 0 ? (
            // biome-ignore lint/a11y/useSemanticElements: rows are made as they are scrolled to
            <div class="time-table" role="table" aria-label="Differences">
              <VirtualList
                class="time-rows"
                count={list.length}
                rowHeight={ROW_HEIGHT}
                list={{ role: 'rowgroup', tabIndex: 0, 'aria-label': 'Differences, one a row' }}
                row={(index) => <Row key={list[index]!.path} row={list[index]!} chosen={chosen} />}
              />
            </div>
          ) : (
            missing.value === undefined && (
              <p class="verdict pending time-none">
                {isReading.value
                  ? 'Making the trees of both moments …'
                  : from === undefined || to === undefined
                    ? 'There are no two moments yet.'
                    : 'Nothing at this path and below it differs between the two moments.'}
              </p>
            )
          )}
          <div class="time-foot">
            <span class="muted numbers" role="status">
              {plural(list.length, 'difference', 'differences')} in{' '}
              {plural(visited.value, 'node', 'nodes')}
              {next.value === null ? '' : ' so far'}
            </span>
            <span class="grow" />
            {next.value !== null && missing.value === undefined && (
              <button
                type="button"
                disabled={isReading.value}
                onClick={() => void read(() => true, next.value ?? undefined)}
              >
                Read on
              </button>
            )}
          </div>
        </section>
        {chosen !== undefined && both !== undefined && !isReading.value && (
          <section class="time-pane" aria-label="Node at both moments">
            <NodeAtBoth key={chosen} path={chosen} from={both.from.zxid} to={both.to.zxid} />
          </section>
        )}
      </div>
    </div>
  );
}

function Row({ row, chosen }: { readonly row: Difference; readonly chosen: string | undefined }) {
  const { kind, path, what, before, after } = row;
  const open = { ...route.value, query: { ...route.value.query, node: path } };
  const size = after ?? before;
  const isChosen = path === chosen;
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows are made as they are scrolled to
    // biome-ignore lint/a11y/useFocusableInteractive: its link has the focus
    // biome-ignore lint/a11y/useKeyWithClickEvents: its link has the keys
    <div
      class={`time-row difference ${isChosen ? 'selected' : ''}`}
      role="row"
      style={{ height: `${ROW_HEIGHT}px` }}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        go(open);
      }}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div role="cell">
        <span class={`dot ${kind === 'recreated' ? 'changed' : kind}`}>{kind}</span>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div class="t-what" role="cell">
        <a class="mono t-path" href={hashOf(open)} title={path}>
          {visibleName(path)}
        </a>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div class="muted t-more" role="cell">
        {what.join(', ')} {size === null ? '' : bytesText(size.length)}
        {before !== null && after !== null && before.version !== after.version && (
          <>
            , version {countText(before.version)} → {countText(after.version)}
          </>
        )}
      </div>
    </div>
  );
}

function NodeAtBoth({
  path,
  from,
  to,
}: {
  readonly path: string;
  readonly from: string;
  readonly to: string;
}) {
  type Both = readonly [PastNode | null, PastNode | null];
  const both = useSignal<Both | Failure | undefined>(undefined);
  const { value } = both;
  const again = useAgain(value !== undefined && 'kind' in value ? value : undefined);
  useEffect(() => {
    let isOver = false;
    void (async () => {
      const nodes: (PastNode | null)[] = [];
      for (const moment of [from, to]) {
        const answer = await readNode(moment, { path, limit: '0' }, () => !isOver);
        if (answer === undefined) return;
        if (answer.kind !== 'answered') {
          both.value = answer;
          return;
        }
        nodes.push(answer.body.node);
      }
      both.value = [nodes[0] ?? null, nodes[1] ?? null];
    })();
    return () => {
      isOver = true;
    };
  }, [path, from, to, again, both]);
  return (
    <>
      <header class="session-head">
        <h2 class="mono time-node">{visibleName(path)}</h2>
      </header>
      {value === undefined ? (
        <p class="verdict">Reading the node at both moments …</p>
      ) : 'kind' in value ? (
        <PastFailure what="The node" why={value} />
      ) : (
        <NodeSides before={value[0]} after={value[1]} names={[`At ${from}`, `At ${to}`]} />
      )}
      <p class="bar time-leads">
        <a class="button" href={hashOf({ page: 'time', path, query: {} })}>
          Its history
        </a>
      </p>
    </>
  );
}
