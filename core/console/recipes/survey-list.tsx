import { useSignal } from '@preact/signals';
import type { Client } from '@vivarium/core';
import { type RecipeKind, recipeKinds } from '@vivarium/core/internal/layouts/recognised';
import type { TargetedKeyboardEvent } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { countText, plural } from '../format.js';
import { Icon } from '../parts/icon.js';
import { Notice } from '../parts/notice.js';
import { VirtualList } from '../parts/virtual-list.js';
import { visibleName } from '../paths.js';
import { go, goQuery, hashOf, route } from '../route.js';
import { Flash } from './flash.js';
import { kindNames } from './kind-words.js';
import { isGuess, type ListRow, listed } from './listed.js';
import { forgetSurvey, type LiveSurvey } from './live-survey.js';
import { FAN_OUT, type Found, STEP, type SurveyState } from './survey.js';

const ROW_HEIGHT = 44;

interface ListParts {
  readonly zk: Client;
  readonly live: LiveSurvey;
  /** Looks through all of it again. */
  readonly onAgain: () => void;
}

/** What was found in the tree, as it is now. */
export function SurveyList({ zk, live, onAgain }: ListParts) {
  const { survey } = live;
  survey.version.value;
  const { query } = route.value;
  const kind = recipeKinds.find((each) => each === query.kind);
  const filter = { text: query.q ?? '', kind, hasGuesses: query.guesses !== undefined };
  const { rows, counts, shown, guesses } = listed(survey.found.values(), filter);
  const state = survey.state.value;
  return (
    <div class="found-pane">
      <Toolbar kind={kind} counts={counts} guesses={guesses} hasGuesses={filter.hasGuesses} />
      <p class="found-status" role="status">
        <span class="numbers">
          {plural(shown, 'recipe', 'recipes')} in {plural(state.looked, 'node', 'nodes')}
        </span>
        <Progress live={live} state={state} />
        <span class="grow" />
        <button
          type="button"
          class="quiet"
          disabled={state.phase === 'running'}
          onClick={() => {
            forgetSurvey(zk);
            onAgain();
          }}
        >
          Look again
        </button>
      </p>
      {rows.length > 0 ? (
        <Rows rows={rows} />
      ) : (
        <div class="found-none">
          <Nothing state={state} isFiltered={survey.found.size > 0} guesses={guesses} />
        </div>
      )}
      <Notes state={state} hasDropped={live.hasDropped} />
    </div>
  );
}

interface BarParts {
  readonly kind: RecipeKind | undefined;
  readonly counts: ReadonlyMap<RecipeKind, number>;
  readonly guesses: number;
  readonly hasGuesses: boolean;
}

function Toolbar({ kind, counts, guesses, hasGuesses }: BarParts) {
  const { query } = route.value;
  const root = query.in ?? '/';
  const typed = useSignal(root);
  useEffect(() => {
    typed.value = root;
  }, [root, typed]);
  const isPath = typed.value.startsWith('/');
  return (
    <div class="found-bar">
      <form
        class="below"
        onSubmit={(event) => {
          event.preventDefault();
          const path = typed.value.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
          if (isPath) goQuery('in', path === '/' ? undefined : path);
        }}
      >
        <label>
          <span class="muted">Below</span>
          <input
            class="mono"
            aria-label="Look below this path"
            aria-invalid={!isPath}
            spellcheck={false}
            autocomplete="off"
            value={typed.value}
            onInput={({ currentTarget: { value } }) => {
              typed.value = value;
            }}
          />
        </label>
        {typed.value !== root && (
          <button type="submit" disabled={!isPath}>
            Look
          </button>
        )}
      </form>
      <input
        type="search"
        class="mono"
        placeholder="Part of a path"
        aria-label="Filter recipes by path"
        value={query.q ?? ''}
        onInput={({ currentTarget: { value } }) => goQuery('q', value === '' ? undefined : value)}
      />
      <select
        aria-label="Kind of recipe"
        value={kind ?? ''}
        onChange={({ currentTarget: { value } }) => {
          goQuery('kind', value === '' ? undefined : value);
        }}
      >
        <option value="">All kinds</option>
        {recipeKinds
          .filter((each) => each === kind || counts.has(each))
          .map((each) => (
            <option key={each} value={each}>
              {kindNames[each][1]} ({countText(counts.get(each) ?? 0)})
            </option>
          ))}
      </select>
      {(guesses > 0 || hasGuesses) && (
        <button
          type="button"
          class="guesses"
          aria-pressed={hasGuesses}
          title="Nodes that may be a recipe, and may as well be something else"
          onClick={() => goQuery('guesses', hasGuesses ? undefined : '1')}
        >
          {plural(guesses, 'guess', 'guesses')}
        </button>
      )}
    </div>
  );
}

function Progress({ live, state }: { readonly live: LiveSurvey; readonly state: SurveyState }) {
  const goOn = () => void live.survey.goOn();
  if (state.phase === 'running') {
    return (
      <>
        <span class="muted">looking …</span>
        <button type="button" onClick={() => live.survey.stop()}>
          <Icon name="pause" /> Stop
        </button>
      </>
    );
  }
  if (state.phase === 'done') return <span class="muted">live</span>;
  const words = { paused: 'there are more', stopped: 'stopped', failed: 'the connection was lost' };
  return (
    <>
      <span class="warn-words">{words[state.phase]}</span>
      <button type="button" onClick={goOn}>
        <Icon name="play" />
        {state.phase === 'paused' ? `Look at ${countText(STEP)} more` : 'Go on'}
      </button>
    </>
  );
}

interface NothingParts {
  readonly state: SurveyState;
  readonly isFiltered: boolean;
  readonly guesses: number;
}

function Nothing({ state, isFiltered, guesses }: NothingParts) {
  if (state.phase === 'running') return <p class="verdict pending">Looking for recipes …</p>;
  if (isFiltered) {
    const isText = (route.value.query.q ?? '') !== '' || route.value.query.kind !== undefined;
    return (
      <p class="verdict pending">
        {isText
          ? 'No recipe is let through by this filter.'
          : `Nothing is surely a recipe; ${plural(guesses, 'node', 'nodes')} may be one.`}
      </p>
    );
  }
  return (
    <Notice icon="empty" title="No recipe here">
      <p>
        No node below this path has the names or the data of a lock, an election, a group, a queue
        or another recipe of Vivarium, Curator, kazoo or ZooKeeper. One that begins appears by
        itself.
      </p>
    </Notice>
  );
}

function Rows({ rows }: { readonly rows: readonly ListRow[] }) {
  const { path } = route.value;
  const began = useRef(performance.now());
  const active = useSignal<string | undefined>(undefined);
  const placeOf = (wanted: string | undefined) => {
    return rows.findIndex((row) => row.kind === 'found' && row.found.path === wanted);
  };
  const seen = placeOf(active.value ?? path);
  useEffect(() => {
    if (active.value === undefined) return;
    document.getElementById(idOf(active.value))?.focus();
  }, [active.value]);
  const move = (from: number, step: 1 | -1) => {
    for (let next = from; next >= 0 && next < rows.length; next += step) {
      const row = rows[next]!;
      if (row.kind !== 'found') continue;
      active.value = row.found.path;
      return;
    }
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // As it is now: keys may come faster than the page is drawn.
    const from = placeOf(active.value ?? path);
    if (event.key === 'ArrowDown') move(from + 1, 1);
    else if (event.key === 'ArrowUp') move(Math.max(from - 1, 0), -1);
    else if (event.key === 'Home') move(0, 1);
    else if (event.key === 'End') move(rows.length - 1, -1);
    // The focus follows a moment later: whoever types fast means the line that was moved to.
    else if (event.key === 'Enter' && active.value !== undefined) openRecipe(active.value);
    else return;
    event.preventDefault();
  };
  return (
    <VirtualList
      class="found-rows"
      count={rows.length}
      rowHeight={ROW_HEIGHT}
      seen={seen >= 0 ? seen : undefined}
      seenKey={active.value ?? path}
      list={{ role: 'list', tabIndex: 0, 'aria-label': 'Recipes', onKeyDown }}
      row={(index) => {
        const row = rows[index]!;
        if (row.kind === 'head') {
          return (
            // biome-ignore lint/a11y/useSemanticElements: rows are made as they are scrolled to
            <div
              key={row.of}
              class="found-head"
              role="listitem"
              style={{ height: `${ROW_HEIGHT}px` }}
            >
              {kindNames[row.of][1]} <span class="numbers muted">{countText(row.count)}</span>
            </div>
          );
        }
        const { found } = row;
        const isNew = found.changedAt - began.current > 1_000;
        const onFocus = () => {
          active.value = found.path;
        };
        return <FoundRow key={found.path} found={found} isNew={isNew} onFocus={onFocus} />;
      }}
    />
  );
}

/** An id for a path, whatever is in its names. */
function idOf(path: string): string {
  return `found-${encodeURIComponent(path)}`;
}

/** Shows a recipe, as what it most likely is. */
function openRecipe(path: string): void {
  const { as: _, ...query } = route.value.query;
  go({ page: 'recipes', path, query });
}

interface FoundParts {
  readonly found: Found;
  readonly isNew: boolean;
  readonly onFocus: () => void;
}

function FoundRow({ found, isNew, onFocus }: FoundParts) {
  const { path, tally, goneAt } = found;
  const { page, query, path: shown } = route.value;
  const { as: _, ...rest } = query;
  const isGone = goneAt !== undefined;
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows are made as they are scrolled to
    <div role="listitem" class="found-line" style={{ height: `${ROW_HEIGHT}px` }}>
      <a
        id={idOf(path)}
        class={`found ${isGone ? 'gone' : ''}`}
        href={hashOf({ page, path, query: rest })}
        aria-current={path === shown ? 'true' : undefined}
        title={path}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          openRecipe(path);
        }}
        onFocus={onFocus}
      >
        <Flash of={`${tally} ${isGone}`} isNew={isNew} />
        <span class="found-path mono">{visibleName(path)}</span>
        <span class="found-tally numbers">
          {isGone ? 'gone' : tally}
          {!isGone && isGuess(found) && <span class="tag">guess</span>}
        </span>
      </a>
    </div>
  );
}

interface NoteParts {
  readonly state: SurveyState;
  readonly hasDropped: boolean;
}

/** What was not looked at, so that nobody takes the list for more than it is. */
function Notes({ state, hasDropped }: NoteParts) {
  const { passedOver, hidden } = state;
  if (passedOver.length === 0 && hidden === 0 && !hasDropped) return null;
  return (
    <div class="found-notes">
      {hidden > 0 && <p>{plural(hidden, 'node', 'nodes')} may not be read by this page.</p>}
      {hasDropped && <p>More changed at once than was looked at: look again.</p>}
      {passedOver.map(({ path, count }) => (
        <p key={path}>
          Of <code>{visibleName(path)}</code> {countText(count)} children were passed over, behind
          the first {countText(FAN_OUT)}.{' '}
          <button type="button" class="quiet" onClick={() => goQuery('in', path)}>
            Look at all
          </button>
        </p>
      ))}
    </div>
  );
}
