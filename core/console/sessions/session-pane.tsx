import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Answer, whileSeen } from '../ask.js';
import { countText, hexText } from '../format.js';
import { state } from '../link.js';
import { NothingToTell } from '../parts/away-notices.js';
import { Fact } from '../parts/fact.js';
import { Icon } from '../parts/icon.js';
import { Notice, Strip } from '../parts/notice.js';
import { visibleName } from '../paths.js';
import { hashOf } from '../route.js';
import { CloseDialog } from './close-dialog.js';
import { readEphemerals, readSession, readSessions, type SessionRow } from './sessions.js';
import { heardText, timeText } from './words.js';

const EVERY_MS = 5_000;
/** Of more paths than so many the first are shown. */
const MOST_PATHS = 500;

/** One session, kept up to date: what is known of it, and the nodes that go when it ends. */
export function SessionPane({ id }: { readonly id: bigint }) {
  const answer = useSignal<Answer<SessionRow | undefined> | undefined>(undefined);
  const isClosing = useSignal(false);
  const again = useSignal(0);
  useEffect(
    () =>
      whileSeen(async () => {
        const next = await readSession(id);
        // What was known stays while the server does not answer.
        if (next.kind === 'answered' || answer.peek()?.kind !== 'answered') answer.value = next;
      }, EVERY_MS),
    [id, answer, again.value],
  );
  const name = hexText(id);
  const found = answer.value;
  if (found === undefined || found.kind !== 'answered') return <NothingToTell why={found} />;
  const row = found.body;
  if (row === undefined) {
    return (
      <Notice icon="gone" title="There is no such session">
        <p>
          Session <code>{name}</code> has ended, or the server does not know it. Its ephemeral nodes
          went with it.
        </p>
        <DidLink name={name} />
      </Notice>
    );
  }
  const isOwn = state.value?.session === id;
  return (
    <>
      <header class="session-head">
        <h2 class="mono">{name}</h2>
        {isOwn && <span class="tag">this page</span>}
        {row.local && <span class="tag">local</span>}
        {row.closing && <span class="tag">closing</span>}
        <span class="grow" />
        <button
          type="button"
          class="danger"
          disabled={isOwn || row.closing}
          title={isOwn ? 'It is the session of this page, which ends with the page' : undefined}
          onClick={() => {
            isClosing.value = true;
          }}
        >
          <Icon name="close" /> Close session
        </button>
      </header>
      <dl class="facts">
        <Fact name="Server">{row.server_id === null ? <Unknown /> : row.server_id}</Fact>
        <Fact name="Client">{row.address === null ? <Unknown /> : <code>{row.address}</code>}</Fact>
        <Fact name="Timeout">{timeText(row.timeout)}</Fact>
        <Fact name="Last heard">
          {row.last_heard_ms_ago === null ? <Unknown /> : heardText(row.last_heard_ms_ago)}
        </Fact>
        <Fact name="Watches">{row.watches === null ? <Unknown /> : countText(row.watches)}</Fact>
        <Fact name="Ephemeral nodes">{countText(row.ephemerals)}</Fact>
      </dl>
      <p class="bar">
        <DidLink name={name} />
      </p>
      <Ephemerals id={id} count={row.ephemerals} />
      {isClosing.value && (
        <CloseDialog
          id={id}
          ephemerals={row.ephemerals}
          onClose={(isDone) => {
            isClosing.value = false;
            if (!isDone) return;
            again.value++;
            void readSessions();
          }}
        />
      )}
    </>
  );
}

/** The way to what the log tells of a session. */
function DidLink({ name }: { readonly name: string }) {
  return (
    <a class="button" href={hashOf({ page: 'time', path: '/', query: { session: name } })}>
      <Icon name="clock" /> What it did
    </a>
  );
}

function Unknown() {
  return <span class="muted">not known to this server</span>;
}

function Ephemerals({ id, count }: { readonly id: bigint; readonly count: number }) {
  const paths = useSignal<Answer<readonly string[]> | undefined>(undefined);
  useEffect(() => {
    if (count === 0) return undefined;
    let isOver = false;
    void readEphemerals(id).then((next) => {
      if (!isOver) paths.value = next;
    });
    return () => {
      isOver = true;
    };
  }, [id, count, paths]);
  if (count === 0) {
    return <p class="verdict">It owns no ephemeral node: when it ends, the tree stays as it is.</p>;
  }
  const answer = paths.value;
  if (answer === undefined) return <p class="verdict">Reading the nodes that it owns …</p>;
  if (answer.kind !== 'answered') {
    return (
      <Strip icon="warn" tone="warn">
        <strong>Its nodes cannot be read.</strong>{' '}
        {answer.kind === 'silent' ? 'The server does not answer.' : answer.words}
      </Strip>
    );
  }
  return (
    <>
      <h3 class="owned-title">
        Nodes that go with it
        {answer.body.length > MOST_PATHS && (
          <span class="muted">
            , the first {countText(MOST_PATHS)} of {countText(answer.body.length)}
          </span>
        )}
      </h3>
      <ul class="owned">
        {answer.body.slice(0, MOST_PATHS).map((path) => (
          <li key={path}>
            <a class="mono" href={hashOf({ page: 'tree', path, query: {} })}>
              {visibleName(path)}
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}
