import { useEffect } from 'preact/hooks';
import { administrator, whileSeen } from '../ask.js';
import { countText, timeText } from '../format.js';
import { about } from '../link.js';
import { BehindRelay, NothingToTell } from '../parts/away-notices.js';
import { Icon } from '../parts/icon.js';
import { Notice } from '../parts/notice.js';
import { nameOf, pathsDownTo, visibleName } from '../paths.js';
import { hashOf, route } from '../route.js';
import { Compare } from './compare.js';
import { LoginDialog } from './login-dialog.js';
import { type Failure, noSpan, readSpan, span } from './past.js';
import { isLoggingIn } from './past-failure.js';
import { TimelineView } from './timeline-view.js';
import { TreeAt } from './tree-at.js';

const views = {
  list: 'Transactions',
  tree: 'Tree at a moment',
  compare: 'Two moments',
} as const;
type View = keyof typeof views;

/** While nothing is known, it is asked for again and again. */
const EVERY_MS = 5_000;

/** The past of a path and of the whole tree, from the log that the server keeps. */
export function TimePage() {
  const kind = about.value?.kind;
  const who = administrator.value?.name;
  const { path, query } = route.value;
  const view: View = query.view === 'tree' || query.view === 'compare' ? query.view : 'list';
  useEffect(() => {
    if (kind !== 'server') return undefined;
    let isFirst = true;
    return whileSeen(async () => {
      // Once it is known, it is read when somebody looks at something else.
      if (isFirst || span.peek() === undefined) await readSpan();
      isFirst = false;
    }, EVERY_MS);
  }, [kind, who, view, path]);
  if (kind === 'relay') return <BehindRelay what="transactions" />;
  const known = span.value;
  const failure = noSpan.value;
  return (
    <div class="time-page">
      <h1 class="unseen">Time</h1>
      <Head view={view} />
      {known === undefined ? (
        <Unknown why={failure} />
      ) : view === 'tree' ? (
        <TreeAt span={known} />
      ) : view === 'compare' ? (
        <Compare span={known} />
      ) : (
        <TimelineView />
      )}
      {isLoggingIn.value && (
        <LoginDialog
          onClose={() => {
            isLoggingIn.value = false;
          }}
        />
      )}
    </div>
  );
}

/** Why not even the span is known: what the server says, where that is not for a moment only. */
function Unknown({ why }: { readonly why: Failure | undefined }) {
  if (why?.kind === 'refused' && why.words.includes('in memory')) {
    return (
      <Notice icon="empty" title="This server keeps no history">
        <p>Its data is in memory alone: there are no files that tell of the past.</p>
      </Notice>
    );
  }
  return <NothingToTell why={why} />;
}

function Head({ view }: { readonly view: View }) {
  const { path, query } = route.value;
  const paths = pathsDownTo(path);
  const { zxid: _, ...rest } = query;
  return (
    <div class="time-head">
      <nav class="crumbs mono" aria-label="Path">
        {paths.map((each, index) => (
          <span key={each}>
            {index > 1 && <span class="slash">/</span>}
            {index === paths.length - 1 ? (
              <h2 title={path}>{visibleName(nameOf(each))}</h2>
            ) : (
              <a href={hashOf({ page: 'time', path: each, query: rest })}>
                {visibleName(nameOf(each))}
              </a>
            )}
          </span>
        ))}
      </nav>
      <div class="time-who">
        <a class="button" href={hashOf({ page: 'tree', path, query: {} })}>
          <Icon name="back" /> Tree now
        </a>
        <Who />
      </div>
      <div class="time-second">
        <nav class="tabs" aria-label="What of the past">
          {(Object.keys(views) as View[]).map((name) => (
            <a
              key={name}
              href={hashOf({
                page: 'time',
                path,
                query: { ...query, view: name },
              })}
              aria-current={name === view ? 'page' : undefined}
            >
              {views[name]}
            </a>
          ))}
        </nav>
        <Kept />
      </div>
    </div>
  );
}

/** As whom one looks, and how to look as somebody else. */
function Who() {
  const who = administrator.value;
  if (who === undefined) {
    return (
      <button
        type="button"
        title="Shows what everybody may read today"
        onClick={() => {
          isLoggingIn.value = true;
        }}
      >
        <Icon name="key" /> Log in
      </button>
    );
  }
  return (
    <>
      <span class="tag">as {visibleName(who.name)}</span>
      <button
        type="button"
        class="quiet"
        onClick={() => {
          administrator.value = undefined;
        }}
      >
        Log out
      </button>
    </>
  );
}

/** From where to where the log goes. */
function Kept() {
  const known = span.value;
  if (known === undefined) return null;
  const { first_time: first, last_time: last, first_zxid: from, last_zxid: to } = known;
  if (first === null || last === null) {
    return <p class="verdict time-kept">The log that is kept holds no transaction.</p>;
  }
  const count = BigInt(to ?? 0) - BigInt(from ?? 0) + 1n;
  const isOneEpoch = BigInt(to ?? 0) >> 32n === BigInt(from ?? 0) >> 32n;
  return (
    <p class="verdict time-kept numbers">
      Kept: {timeText(first)} to {timeText(last)}
      {isOneEpoch && `, ${countText(count)} transactions`}
      {known.exact_from === null
        ? '; no tree can be shown, for no snapshot is exact'
        : BigInt(known.exact_from) > BigInt(from ?? 0) && `; trees from ${known.exact_from} on`}
    </p>
  );
}
