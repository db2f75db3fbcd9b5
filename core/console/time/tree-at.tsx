import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Answer, administrator } from '../ask.js';
import { bytesText, countText, plural, timeText } from '../format.js';
import { bestForm, show } from '../node/value-forms.js';
import { Fact } from '../parts/fact.js';
import { Icon } from '../parts/icon.js';
import { Notice } from '../parts/notice.js';
import { childPath, nameOf, parentPath, visibleName } from '../paths.js';
import { goQuery, hashOf, hashOfSession, route } from '../route.js';
import { MomentField } from './moment-field.js';
import { aclText } from './node-sides.js';
import {
  bytesOf,
  type NodeAnswer,
  type PastChild,
  type PastNode,
  readNode,
  type Span,
} from './past.js';
import { PastFailure } from './past-failure.js';
import { useAgain } from './use-again.js';

/** Children on a page. */
const PAGE = 200;
/** Marks in the place of an owner for nodes that no session owns. */
const CONTAINER = '0x8000000000000000';

/** The tree as it was: a node, and the way to those below and above it. */
export function TreeAt({ span }: { readonly span: Span }) {
  const { path, query } = route.value;
  const moment = query.at ?? span.last_zxid ?? undefined;
  const answer = useSignal<Answer<NodeAnswer> | undefined>(undefined);
  const children = useSignal<readonly PastChild[]>([]);
  const isReading = useSignal(false);
  const who = administrator.value?.name;
  const again = useAgain(answer.value);
  const read = async (isWanted: () => boolean, skip: number) => {
    if (moment === undefined) return;
    isReading.value = true;
    const words = { path, skip: String(skip), limit: String(PAGE) };
    const next = await readNode(moment, words, isWanted);
    if (next === undefined) return;
    isReading.value = false;
    answer.value = next;
    if (next.kind === 'answered') {
      const before = skip === 0 ? [] : children.peek();
      children.value = [...before, ...next.body.children];
    }
  };
  useEffect(() => {
    let isOver = false;
    children.value = [];
    void read(() => !isOver, 0);
    return () => {
      isOver = true;
    };
  }, [moment, path, who, again]);
  const found = answer.value;
  const told = found?.kind === 'answered' ? found.body : undefined;
  return (
    <div class="time-tree">
      <MomentField
        label="Moment"
        moment={moment}
        found={told}
        span={span}
        onChoose={(next) => goQuery('at', next)}
      />
      {found === undefined || (isReading.value && told === undefined) ? (
        <p class="verdict pending">
          {moment === undefined ? 'Nothing has happened yet.' : 'Making the tree of that moment …'}
        </p>
      ) : found.kind !== 'answered' ? (
        <PastFailure what="The tree of that moment" why={found} />
      ) : (
        <div class="time-split one" aria-busy={isReading.value}>
          <nav class="time-list children-then" aria-label="Children then">
            {path !== '/' && (
              <a class="up" href={hashOf({ ...route.value, path: parentPath(path) })}>
                <Icon name="back" /> {visibleName(nameOf(parentPath(path)))}
              </a>
            )}
            <Children path={path} children={children.value} />
            {told !== undefined && told.next !== null && (
              <p class="more">
                {countText(children.value.length)} of {countText(told.node?.num_children ?? 0)}{' '}
                <button
                  type="button"
                  disabled={isReading.value}
                  onClick={() => void read(() => true, told.next ?? 0)}
                >
                  More
                </button>
              </p>
            )}
          </nav>
          <section class="time-pane" aria-label="Node then">
            {told?.node === null || told === undefined ? (
              <Notice icon="gone" title="There was no node at this path then">
                <p>It was made later, or had been deleted before.</p>
              </Notice>
            ) : (
              <NodeThen node={told.node} zxid={told.zxid} last={span.last_zxid} />
            )}
          </section>
        </div>
      )}
    </div>
  );
}

function Children({
  path,
  children,
}: {
  readonly path: string;
  readonly children: readonly PastChild[];
}) {
  if (children.length === 0) return <p class="verdict">It had no children that are shown.</p>;
  return (
    <ul>
      {children.map(({ name, num_children: count, owner }) => (
        <li key={name}>
          <a class="mono" href={hashOf({ ...route.value, path: childPath(path, name) })}>
            {visibleName(name)}
          </a>
          {isSession(owner) && <span class="tag">ephemeral</span>}
          {count > 0 && <span class="muted numbers">{countText(count)}</span>}
        </li>
      ))}
    </ul>
  );
}

function NodeThen({
  node,
  zxid,
  last,
}: {
  readonly node: PastNode;
  readonly zxid: string;
  readonly last: string | null;
}) {
  const bytes = bytesOf(node.data);
  const form = bestForm(bytes);
  const { text, fixed } = show(bytes, form);
  const { path } = node;
  const compare = { view: 'compare', from: zxid, ...(last !== null && { to: last }) };
  return (
    <>
      <header class="session-head">
        <h2 class="mono" title={path}>
          {visibleName(nameOf(path))}
        </h2>
        {isSession(node.owner) && (
          <a class="tag" href={hashOfSession(node.owner)}>
            ephemeral of {node.owner}
          </a>
        )}
        {node.owner === CONTAINER && <span class="tag">container</span>}
      </header>
      <p class="summary">
        <span>version {countText(node.version)}</span>
        <span>{bytesText(node.data.length)}</span>
        <span>{plural(node.num_children, 'child', 'children')}</span>
        <span>{node.mtime === 0 ? 'never changed' : `changed ${timeText(node.mtime)}`}</span>
      </p>
      <div class="bar time-leads">
        <a class="button" href={hashOf({ page: 'time', path, query: {} })}>
          <Icon name="clock" /> Its history
        </a>
        <a class="button" href={hashOf({ page: 'time', path, query: compare })}>
          Compare with now
        </a>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled by keys */}
      <section class="time-diff plain" tabIndex={0} aria-label={`Data as ${form}`}>
        <pre>{node.data.length === 0 ? <span class="muted">No data</span> : text}</pre>
      </section>
      {fixed !== undefined && <p class="hint">{fixed}</p>}
      <dl class="facts">
        <Fact name="Created">
          {node.ctime === 0 ? 'with the tree' : timeText(node.ctime)} <Zxid zxid={node.czxid} />
        </Fact>
        <Fact name="Data changed">
          {node.mtime === 0 ? 'never' : timeText(node.mtime)} <Zxid zxid={node.mzxid} />
        </Fact>
        <Fact name="Children changed">
          {plural(node.cversion, 'time', 'times')} <Zxid zxid={node.pzxid} />
        </Fact>
        <Fact name="ACL">
          <code>{visibleName(aclText(node.acl))}</code>
        </Fact>
      </dl>
    </>
  );
}

/** The transaction of a number, as a link to it. */
function Zxid({ zxid }: { readonly zxid: string }) {
  if (zxid === '0x0') return null;
  const query = { ...route.value.query, view: 'list', zxid };
  return (
    <a class="mono" href={hashOf({ page: 'time', path: route.value.path, query })}>
      {zxid}
    </a>
  );
}

/** Whether an owner is a session, and no mark of a container or of a time to live. */
function isSession(owner: string): boolean {
  return owner !== '0x0' && owner !== CONTAINER && !/^0xff[0-9a-f]{14}$/.test(owner);
}
