import { useEffect, useRef } from 'preact/hooks';
import { EnsemblePage } from './ensemble/ensemble-page.js';
import { hexText, spanText } from './format.js';
import {
  about,
  awaySince,
  client,
  isConnected,
  lastWords,
  now,
  state,
  type Trouble,
  trouble,
} from './link.js';
import { Icon } from './parts/icon.js';
import { Notice, Strip } from './parts/notice.js';
import { Toasts } from './parts/toast.js';
import { RecipesPage } from './recipes/recipes-page.js';
import { hashOf, type PageName, route } from './route.js';
import { SessionsPage } from './sessions/sessions-page.js';
import { theme, turnTheme } from './theme.js';
import { TimePage } from './time/time-page.js';
import { TreePage } from './tree/tree-page.js';

const names: Readonly<Record<PageName, string>> = {
  tree: 'Tree',
  recipes: 'Recipes',
  ensemble: 'Ensemble',
  sessions: 'Sessions',
  time: 'Time',
};

/** The whole page: where one is, what the connection is like, and the page that was chosen. */
export function App() {
  return (
    <>
      <Head />
      <Away />
      <main id="main">
        <Page />
      </main>
      <Toasts />
    </>
  );
}

function Head() {
  const { page } = route.value;
  const links = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a phone the row of links is wider than the screen.
    const current = links.current?.querySelector('[aria-current]');
    current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [page]);
  return (
    <header class="head">
      <a class="brand" href="#/tree/" title={`Vivarium ${about.value?.version ?? ''}`}>
        <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
          <rect width="32" height="32" rx="8" fill="var(--accent)" />
          <path
            d="M16 8.5V14M16 14l-7.5 6M16 14l7.5 6"
            stroke="var(--on-accent)"
            stroke-width="2"
            fill="none"
          />
          <g fill="var(--on-accent)">
            <circle cx="16" cy="8" r="3.2" />
            <circle cx="8.2" cy="21.5" r="3.2" />
            <circle cx="23.8" cy="21.5" r="3.2" />
          </g>
        </svg>
        <span class="brand-name">Vivarium</span>
      </a>
      <nav ref={links} aria-label="Pages">
        {(Object.keys(names) as PageName[]).map((name) => (
          <a
            key={name}
            href={hashOf({ page: name, path: '/', query: {} })}
            aria-current={name === page ? 'page' : undefined}
          >
            {names[name]}
          </a>
        ))}
      </nav>
      <span class="grow" />
      <Pulse />
      <button
        type="button"
        class="quiet square"
        aria-label={`Colours: ${theme.value}. Change them`}
        title={`Colours: ${theme.value}`}
        onClick={turnTheme}
      >
        <Icon
          name={theme.value === 'system' ? 'screen' : theme.value === 'light' ? 'sun' : 'moon'}
        />
      </button>
    </header>
  );
}

/** Whether the page is connected, to whom, and in which session. */
function Pulse() {
  const isUp = isConnected();
  const isReadOnly = state.value?.detail === 'readOnly';
  const where = about.value?.kind === 'relay' ? about.value.servers.join(', ') : location.host;
  const session = state.value?.session;
  const word = isUp ? (isReadOnly ? 'reads only' : 'connected') : 'not connected';
  return (
    <div
      class={`pulse ${isUp ? (isReadOnly ? 'warn' : 'up') : 'down'}`}
      title={session === undefined ? undefined : `Session ${hexText(session)}`}
    >
      <span class="lamp" aria-hidden="true" />
      <span class="mono where">{where}</span>
      <span class="word">{word}</span>
    </div>
  );
}

const troubles: Readonly<Record<Trouble, string>> = {
  unreachable: 'Nobody answers there.',
  'no-quorum': 'The server answers, but serves nobody: it has no quorum, or is still starting.',
  refused: 'The server refuses this page; its log says why.',
  soon: 'The server answers; the page is connecting.',
};

/** Tells, in words, of a lost connection, once the page has had one. */
function Away() {
  if (client.value === undefined) return null;
  if (state.value?.detail === 'readOnly') {
    return (
      <Strip icon="plug" tone="warn">
        <strong>Reads only.</strong> This server is cut off from its ensemble: what it shows may be
        old.
      </Strip>
    );
  }
  const since = awaySince.value;
  if (since === undefined || isConnected()) return null;
  const known = trouble.value;
  return (
    <Strip icon="plug" tone={known === 'no-quorum' ? 'warn' : 'danger'}>
      <strong>
        {known === 'no-quorum' ? 'No quorum' : 'Connection lost'} for{' '}
        {spanText(Math.max(0, now.value - since))}.
      </strong>{' '}
      {known !== undefined && troubles[known]} What is shown was true then, and what you type is
      kept. It goes on by itself.
    </Strip>
  );
}

function Page() {
  const zk = client.value;
  const { page } = route.value;
  // These ask by HTTP, so they have something to tell of a server that takes no clients.
  if (page === 'ensemble') return <EnsemblePage />;
  if (page === 'sessions') return <SessionsPage />;
  if (page === 'time') return <TimePage />;
  if (zk === undefined) return <Connecting />;
  if (page === 'recipes') return <RecipesPage zk={zk} />;
  return <TreePage zk={zk} />;
}

/** Before the first session. */
function Connecting() {
  const known = trouble.value;
  if (known === undefined || known === 'soon') {
    return (
      <Notice icon="plug" title="Connecting …">
        <p>{lastWords.value}</p>
      </Notice>
    );
  }
  return (
    <Notice
      icon="plug"
      title={known === 'no-quorum' ? 'The server has no quorum' : 'No connection'}
      tone="warn"
    >
      <p>{troubles[known]}</p>
      <p>The page goes on trying.</p>
      {lastWords.value !== '' && <p class="muted">{lastWords.value}</p>}
    </Notice>
  );
}
