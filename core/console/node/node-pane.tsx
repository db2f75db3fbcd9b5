import { useSignal } from '@preact/signals';
import { bytes as asBytes, type Client, type NodeSnapshot } from '@vivarium/core';
import type { TargetedKeyboardEvent } from 'preact';
import { useEffect } from 'preact/hooks';
import { agoText, bytesText, hexText, plural } from '../format.js';
import { now } from '../link.js';
import { Denied } from '../parts/denied.js';
import { errorWords } from '../parts/error-words.js';
import { Icon } from '../parts/icon.js';
import { Notice } from '../parts/notice.js';
import { toast } from '../parts/toast.js';
import { nameOf, parentPath, pathsDownTo, visibleName } from '../paths.js';
import { RecipeLink } from '../recipes/recipe-link.js';
import { go, goQuery, hashOf, hashOfSession, route } from '../route.js';
import { AclPane } from './acl-pane.js';
import { CreateDialog } from './create-dialog.js';
import { DataPane } from './data-pane.js';
import { DeleteDialog } from './delete-dialog.js';
import { drafts, forgetDrafts, setDraft } from './drafts.js';
import { IdentityDialog } from './identity-dialog.js';
import { QuotaPane } from './quota-pane.js';
import { kindOf, StatList } from './stat-list.js';
import { read } from './value-forms.js';

type Seen = NodeSnapshot<Uint8Array>;
type Tab = 'data' | 'stat' | 'acl' | 'quota';
const tabs: readonly (readonly [Tab, string])[] = [
  ['data', 'Data'],
  ['stat', 'Stat'],
  ['acl', 'ACL'],
  ['quota', 'Quota'],
];

/** The node that is looked at, live. */
export function NodePane({ zk, path }: { readonly zk: Client; readonly path: string }) {
  const seen = useSignal<Seen | undefined>(undefined);
  const failed = useSignal<unknown>(undefined);
  const attempt = useSignal(0);
  const dialog = useSignal<'create' | 'delete' | 'identity' | undefined>(undefined);
  useEffect(() => {
    seen.value = undefined;
    failed.value = undefined;
    const subscription = zk.node$(path, { codec: asBytes, freshness: true }).subscribe({
      next: (snapshot) => {
        seen.value = snapshot;
      },
      error: (error: unknown) => {
        failed.value = error;
      },
    });
    return () => subscription.unsubscribe();
  }, [zk, path, attempt.value]);
  const close = () => {
    dialog.value = undefined;
  };
  const show = (next: string) => {
    close();
    go({ page: 'tree', path: next, query: {} });
  };
  const snapshot = seen.value;
  const stat = snapshot?.kind === 'present' ? snapshot.stat : undefined;
  return (
    <article class="node" aria-label={`Node ${path}`}>
      <header class="node-head">
        <Crumbs path={path} />
        <div class="node-actions">
          <button
            type="button"
            class="quiet square"
            aria-label="Copy the path"
            title="Copy the path"
            onClick={() => void copy(path)}
          >
            <Icon name="copy" />
          </button>
          <a class="button" href={hashOf({ page: 'time', path, query: {} })}>
            <Icon name="clock" /> History
          </a>
          <button
            type="button"
            disabled={stat === undefined || kindOf(stat).kind === 'ephemeral'}
            onClick={() => {
              dialog.value = 'create';
            }}
          >
            <Icon name="plus" /> New child
          </button>
          <button
            type="button"
            disabled={stat === undefined || path === '/'}
            onClick={() => {
              dialog.value = 'delete';
            }}
          >
            <Icon name="bin" /> Delete
          </button>
        </div>
      </header>
      {failed.value !== undefined ? (
        <Denied
          error={failed.value}
          onIdentity={() => {
            dialog.value = 'identity';
          }}
          onRetry={() => {
            attempt.value++;
          }}
        />
      ) : snapshot === undefined ? (
        <p class="verdict pending">Reading the node …</p>
      ) : snapshot.kind === 'present' ? (
        <Present zk={zk} path={path} snapshot={snapshot} />
      ) : (
        <Gone zk={zk} path={path} onShow={show} />
      )}
      {dialog.value === 'create' && (
        <CreateDialog zk={zk} parent={path} onClose={close} onCreated={show} />
      )}
      {dialog.value === 'delete' && stat !== undefined && (
        <DeleteDialog
          zk={zk}
          path={path}
          stat={stat}
          onClose={close}
          onDeleted={() => {
            forgetDrafts(path);
            show(parentPath(path));
          }}
        />
      )}
      {dialog.value === 'identity' && (
        <IdentityDialog
          zk={zk}
          onClose={(isAdded) => {
            close();
            if (isAdded) attempt.value++;
          }}
        />
      )}
    </article>
  );
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast('Copied');
  } catch {
    // Browsers give a page the clipboard on loopback and over TLS alone.
    toast('This browser does not let the page copy; select the path instead');
  }
}

function Crumbs({ path }: { readonly path: string }) {
  const paths = pathsDownTo(path);
  return (
    <nav class="crumbs mono" aria-label="Path">
      {paths.map((each, index) => (
        <span key={each}>
          {index > 1 && <span class="slash">/</span>}
          {index === paths.length - 1 ? (
            <h2 title={path}>{visibleName(nameOf(each))}</h2>
          ) : (
            <button type="button" onClick={() => go({ page: 'tree', path: each, query: {} })}>
              {visibleName(nameOf(each))}
            </button>
          )}
        </span>
      ))}
    </nav>
  );
}

function Present({
  zk,
  path,
  snapshot,
}: {
  readonly zk: Client;
  readonly path: string;
  readonly snapshot: Extract<Seen, { kind: 'present' }>;
}) {
  const { stat, data } = snapshot;
  const tab = tabs.find(([name]) => name === route.value.query.tab)?.[0] ?? 'data';
  const { kind } = kindOf(stat);
  const onTabKey = ({ key, currentTarget }: TargetedKeyboardEvent<HTMLElement>) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (step === undefined) return;
    const at = tabs.findIndex(([name]) => name === tab) + step + tabs.length;
    const [next] = tabs[at % tabs.length]!;
    goQuery('tab', next === 'data' ? undefined : next);
    currentTarget.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return (
    <>
      <p class="summary">
        {kind === 'ephemeral' && (
          <a class="tag" href={hashOfSession(hexText(stat.ephemeralOwner))}>
            ephemeral of {hexText(stat.ephemeralOwner)}
          </a>
        )}
        {kind === 'container' && <span class="tag">container</span>}
        {kind === 'ttl' && <span class="tag">time to live</span>}
        <RecipeLink zk={zk} path={path} children={stat.numChildren} />
        <span>version {stat.version}</span>
        <span>
          {stat.mtime === 0 ? 'never changed' : `changed ${agoText(stat.mtime, now.value)}`}
        </span>
        <span>{bytesText(stat.dataLength)}</span>
        <span>{plural(stat.numChildren, 'child', 'children')}</span>
        {!snapshot.fresh && <span class="stale">as last seen</span>}
      </p>
      <div class="tabs" role="tablist" aria-label="What of the node" onKeyDown={onTabKey}>
        {tabs.map(([name, label]) => (
          <button
            key={name}
            id={`tab-${name}`}
            type="button"
            role="tab"
            aria-selected={name === tab}
            aria-controls="node-tab"
            tabIndex={name === tab ? 0 : -1}
            onClick={() => goQuery('tab', name === 'data' ? undefined : name)}
          >
            {label}
          </button>
        ))}
      </div>
      <div class="tab-body" id="node-tab" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === 'data' && (
          <DataPane key={path} zk={zk} path={path} bytes={data ?? new Uint8Array()} stat={stat} />
        )}
        {tab === 'stat' && <StatList stat={stat} />}
        {tab === 'quota' && <QuotaPane key={path} zk={zk} path={path} />}
        {tab === 'acl' && <AclPane key={path} zk={zk} path={path} aversion={stat.aversion} />}
      </div>
    </>
  );
}

/** A path at which there is no node, with what was typed for it before it went. */
function Gone({
  zk,
  path,
  onShow,
}: {
  readonly zk: Client;
  readonly path: string;
  readonly onShow: (path: string) => void;
}) {
  const draft = drafts.value.get(path);
  const again = async () => {
    try {
      await zk.ensure(parentPath(path));
      const typed = draft === undefined ? undefined : read(draft.text, draft.form, draft.base);
      await zk.create(path, typed?.ok === true ? typed.bytes : (draft?.text ?? ''));
      setDraft(path, undefined);
      toast(`Created ${visibleName(path)}`);
    } catch (error) {
      toast(`Not created. ${errorWords(error)}`);
    }
  };
  return (
    <Notice icon="gone" title="There is no node at this path">
      <p>It was deleted, or never there. If somebody creates it, it appears here by itself.</p>
      {draft !== undefined && (
        <label class="kept">
          What you typed is kept:
          <textarea class="mono" rows={6} readOnly value={draft.text} />
        </label>
      )}
      <div class="bar">
        <button type="button" onClick={() => onShow(parentPath(path))}>
          Go to its parent
        </button>
        <button type="button" class="main" onClick={() => void again()}>
          {draft === undefined ? 'Create it' : 'Create it with this data'}
        </button>
      </div>
    </Notice>
  );
}
