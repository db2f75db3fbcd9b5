import { useSignal } from '@preact/signals';
import type { Client } from '@vivarium/core';
import { useEffect, useRef } from 'preact/hooks';
import { bytesText, countText, plural } from '../format.js';
import { Icon } from '../parts/icon.js';
import { nameOf, parentPath, visibleName } from '../paths.js';
import { go, route } from '../route.js';
import type { LiveTree } from './live-tree.js';
import { DATA_MAX_BYTES, endSearch, search, startSearch } from './search.js';

const OFFERED_MAX = 12;

/**
 * One field for both ways to a node: a path is gone to, with its names offered as it is typed; any
 * other text is searched for.
 */
export function Finder({ zk, tree }: { readonly zk: Client; readonly tree: LiveTree }) {
  const text = useSignal('');
  const offered = useSignal<readonly string[]>([]);
  const at = useSignal(-1);
  const ref = useRef<HTMLInputElement>(null);
  const isPath = text.value.startsWith('/');
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping =
        event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
      const isAsked =
        (event.key === '/' && !isTyping) || (event.key === 'k' && (event.ctrlKey || event.metaKey));
      if (!isAsked || document.querySelector('dialog') !== null) return;
      event.preventDefault();
      ref.current?.select();
      ref.current?.focus();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const offer = async (value: string) => {
    at.value = -1;
    offered.value = [];
    if (!value.startsWith('/')) return;
    const parent = value.endsWith('/') ? value.replace(/(?<=.)\/$/, '') : parentPath(value);
    const begin = value.slice(value.lastIndexOf('/') + 1);
    const known = tree.model.folder(parent);
    const names =
      known?.state === 'ready'
        ? known.names
        : await zk.children(parent).then(
            ({ children }) => children,
            () => [],
          );
    if (text.value !== value) return;
    const base = parent === '/' ? '/' : `${parent}/`;
    const fitting: string[] = [];
    for (const name of names) {
      if (fitting.length === OFFERED_MAX) break;
      if (name.startsWith(begin)) fitting.push(base + name);
    }
    offered.value = fitting;
  };
  const type = (value: string) => {
    text.value = value;
    void offer(value);
    if (value === '') endSearch();
  };
  const visit = (path: string) => {
    type('');
    ref.current?.blur();
    const clean = path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
    go({ page: 'tree', path: clean, query: {} });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { length } = offered.value;
    if (event.key === 'ArrowDown' && length > 0) at.value = (at.value + 1) % length;
    else if (event.key === 'ArrowUp' && length > 0) at.value = (at.value + length - 1) % length;
    else if (event.key === 'Tab' && isPath && length > 0 && !event.shiftKey) {
      type(`${offered.value[Math.max(at.value, 0)]!}/`);
    } else if (event.key === 'Escape') type('');
    else if (event.key === 'Enter') {
      if (isPath) visit(offered.value[at.value] ?? text.value);
      else if (text.value.trim() !== '') void startSearch(zk, text.value.trim());
    } else return;
    event.preventDefault();
  };
  const isOpen = offered.value.length > 0;
  return (
    <search class="finder">
      <Icon name="search" />
      <input
        ref={ref}
        class="mono"
        role="combobox"
        aria-label="Search the tree, or go to a path"
        aria-expanded={isOpen}
        aria-controls="offered"
        aria-autocomplete="list"
        aria-activedescendant={at.value >= 0 ? `offered-${at.value}` : undefined}
        placeholder="Search, or /path to go to"
        spellcheck={false}
        autocomplete="off"
        value={text.value}
        onInput={({ currentTarget: { value } }) => type(value)}
        onKeyDown={onKeyDown}
        onBlur={() => {
          offered.value = [];
        }}
      />
      <span class="key" aria-hidden="true">
        /
      </span>
      <div id="offered" class="offered" role="listbox" aria-label="Paths" hidden={!isOpen}>
        {offered.value.map((path, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus, and names it
          <div
            key={path}
            id={`offered-${index}`}
            class="mono"
            role="option"
            aria-selected={index === at.value}
            onMouseDown={(event) => {
              event.preventDefault();
              visit(path);
            }}
          >
            <span class="muted">
              {visibleName(
                parentPath(path)
                  .replace(/(?<=.)$/, '/')
                  .replace('//', '/'),
              )}
            </span>
            {visibleName(nameOf(path))}
          </div>
        ))}
      </div>
    </search>
  );
}

/** What a search has found so far, in the place of the tree. */
export function SearchResults({ zk }: { readonly zk: Client }) {
  const state = search.value;
  if (state === undefined) return null;
  const { text, inData, found, looked, passedOver, phase } = state;
  const words = {
    running: `Searching, ${countText(looked)} nodes so far …`,
    done: `${countText(found.length)} of ${countText(looked)} nodes`,
    full: `The first ${countText(found.length)}; search for more of the name`,
    failed: 'The search ended early: the connection was lost',
  };
  return (
    <section class="results" aria-label="Search results">
      <div class="results-head">
        <p role="status">
          <strong class="mono">{visibleName(text)}</strong>{' '}
          <span class="muted">{words[phase]}</span>
        </p>
        <button
          type="button"
          class="quiet"
          aria-pressed={inData}
          onClick={() => void startSearch(zk, text, !inData)}
        >
          Data, too
        </button>
        <button
          type="button"
          class="quiet square"
          aria-label="Close the search"
          onClick={endSearch}
        >
          <Icon name="close" />
        </button>
      </div>
      {phase === 'done' && found.length === 0 && (
        <p class="verdict pending">
          {inData ? 'No name and no data hold this text.' : 'No name holds this text.'}
        </p>
      )}
      {passedOver > 0 && (
        <p class="verdict passed-over">
          The data of {plural(passedOver, 'node', 'nodes')} is longer than{' '}
          {bytesText(DATA_MAX_BYTES)} and was not searched.
        </p>
      )}
      <ul>
        {found.map(({ path, around }) => (
          <li key={path}>
            <button
              type="button"
              class="mono"
              aria-current={route.value.path === path ? 'true' : undefined}
              onClick={() => go({ page: 'tree', path, query: {} })}
            >
              {visibleName(path)}
              {around !== undefined && <span class="around">{visibleName(around)}</span>}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
