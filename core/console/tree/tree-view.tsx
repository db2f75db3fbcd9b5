import { useSignal } from '@preact/signals';
import { isZkError } from '@vivarium/core';
import { useEffect, useRef } from 'preact/hooks';
import { countText, hexText } from '../format.js';
import { hasDraft } from '../node/drafts.js';
import { kindOf } from '../node/stat-list.js';
import { Icon } from '../parts/icon.js';
import { VirtualList } from '../parts/virtual-list.js';
import { parentPath, visibleName } from '../paths.js';
import { go, route } from '../route.js';
import type { LiveTree } from './live-tree.js';
import type { Row } from './tree-model.js';

const ROW_HEIGHT = 28;
const TYPING_MS = 800;

/**
 * The tree as lines, by the tree pattern of WAI-ARIA: one stop of the keyboard, arrows within it,
 * letters find a name among what is near.
 */
export function TreeView({ tree }: { readonly tree: LiveTree }) {
  const { model } = tree;
  tree.version.value;
  const ref = useRef<HTMLDivElement>(null);
  const { path: selected } = route.value;
  const active = useSignal(selected);
  const typed = useRef({ text: '', at: 0 });
  useEffect(() => {
    active.value = selected;
    void tree.reveal(selected);
  }, [tree, selected, active]);
  const size = model.size;
  const activeIndex = model.indexOf(active.value);
  const rowAt = (index: number): Row | undefined => model.rows(index, index + 1)[0];

  const select = (path: string) => {
    active.value = path;
    go({ page: 'tree', path, query: {} });
  };
  const move = (index: number, direction: 1 | -1) => {
    let at = Math.min(Math.max(index, 0), size - 1);
    // Notes are passed over.
    while (rowAt(at)?.kind === 'note' && at + direction >= 0 && at + direction < size) {
      at += direction;
    }
    const row = rowAt(at);
    if (row?.kind === 'node') active.value = row.path;
  };
  const toggle = (row: Row) => {
    if (row.folder === undefined) void tree.open(row.path);
    else tree.close(row.path);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const index = activeIndex ?? 0;
    const row = rowAt(index);
    if (row === undefined) return;
    const page = Math.max(1, Math.floor((ref.current?.clientHeight ?? 0) / ROW_HEIGHT) - 1);
    const keys: Record<string, () => void> = {
      ArrowDown: () => move(index + 1, 1),
      ArrowUp: () => move(index - 1, -1),
      PageDown: () => move(index + page, 1),
      PageUp: () => move(index - page, -1),
      Home: () => move(0, 1),
      End: () => move(size - 1, -1),
      Enter: () => select(row.path),
      ' ': () => select(row.path),
      ArrowRight: () => {
        if (row.folder === undefined) void tree.open(row.path);
        else move(index + 1, 1);
      },
      ArrowLeft: () => {
        if (row.folder !== undefined && row.path !== '/') tree.close(row.path);
        else active.value = parentPath(row.path);
      },
    };
    const known = keys[event.key];
    if (known !== undefined) known();
    else if (event.key.length === 1) find(event.key, index);
    else return;
    event.preventDefault();
  };
  const find = (letter: string, index: number) => {
    const isSoon = performance.now() - typed.current.at < TYPING_MS;
    const text = (isSoon ? typed.current.text : '') + letter.toLowerCase();
    typed.current = { text, at: performance.now() };
    // Near is what a person may mean: of hundreds of thousands of lines these are enough.
    const begin = text.length > 1 ? index : index + 1;
    const near = [...model.rows(begin, begin + 2_000), ...model.rows(0, Math.min(begin, 2_000))];
    const found = near.find((row) => {
      return row.kind === 'node' && row.name.toLowerCase().startsWith(text);
    });
    if (found !== undefined) active.value = found.path;
  };
  const rows = new Map<number, Row>();
  const rowOf = (index: number) => {
    if (!rows.has(index)) {
      for (const [at, row] of model.rows(index, index + 80).entries()) rows.set(index + at, row);
    }
    return rows.get(index);
  };
  return (
    <VirtualList
      class="tree"
      count={size}
      rowHeight={ROW_HEIGHT}
      seen={activeIndex}
      seenKey={active.value}
      listRef={ref}
      list={{
        role: 'tree',
        tabIndex: 0,
        'aria-label': 'Znodes',
        'aria-activedescendant': activeIndex === undefined ? undefined : idOf(active.value),
        onKeyDown,
      }}
      row={(index) => {
        const row = rowOf(index);
        if (row === undefined) return null;
        if (row.kind === 'note') return <NoteRow key={`${row.path}#`} row={row} />;
        return (
          <NodeRow
            key={row.path}
            tree={tree}
            row={row}
            isActive={row.path === active.value}
            isSelected={row.path === selected}
            onSelect={() => select(row.path)}
            onToggle={() => {
              active.value = row.path;
              toggle(row);
            }}
          />
        );
      }}
    />
  );
}

/** An id for a path, whatever is in its names. */
function idOf(path: string): string {
  return `row-${encodeURIComponent(path)}`;
}

interface RowParts {
  readonly tree: LiveTree;
  readonly row: Row;
  readonly isActive: boolean;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
  readonly onToggle: () => void;
}

function NodeRow({ tree, row, isActive, isSelected, onSelect, onToggle }: RowParts) {
  const { path, level } = row;
  const stat = tree.stat(path);
  const kind = stat === undefined ? 'persistent' : kindOf(stat).kind;
  const isOpen = row.folder !== undefined;
  const isLeaf = !isOpen && stat !== undefined && stat.numChildren === 0;
  const flash = tree.flash(path);
  const owner = kind === 'ephemeral' ? hexText(stat!.ephemeralOwner) : undefined;
  const classes = [
    'row',
    isActive && 'active',
    isSelected && 'selected',
    flash && `flash-${flash}`,
  ];
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus and names its line
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the tree's
    <div
      id={idOf(path)}
      class={classes.filter(Boolean).join(' ')}
      role="treeitem"
      aria-level={level}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-expanded={isLeaf ? undefined : isOpen}
      aria-selected={isSelected}
      style={{ height: `${ROW_HEIGHT}px`, paddingInlineStart: `${6 + (level - 1) * 16}px` }}
      onClick={onSelect}
    >
      <span
        class={`twist ${isOpen ? 'open' : ''} ${isLeaf ? 'leaf' : ''}`}
        aria-hidden="true"
        onClick={(event) => {
          event.stopPropagation();
          if (!isLeaf) onToggle();
        }}
      >
        {!isLeaf && <Icon name="chevron" size={14} />}
      </span>
      <span class="name mono" title={path}>
        {visibleName(row.name)}
      </span>
      {hasDraft(path) && <span class="tag">not saved</span>}
      {owner !== undefined && (
        <span class="tag ephemeral" title={`Ephemeral, owned by session ${owner}`}>
          <span class="unseen">ephemeral of </span>
          {owner}
        </span>
      )}
      {stat !== undefined && stat.numChildren > 0 && (
        <span class="children numbers" title={`${countText(stat.numChildren)} children`}>
          {countText(stat.numChildren)}
        </span>
      )}
    </div>
  );
}

function NoteRow({ row }: { readonly row: Row }) {
  const { folder, level } = row;
  const words =
    folder?.state === 'loading'
      ? 'Reading the list …'
      : folder?.state === 'failed'
        ? isZkError(folder.error, 'NO_AUTH')
          ? 'No permission to list the children'
          : 'The list cannot be read'
        : 'No children';
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: a note is passed over
    <div
      class="row note"
      role="treeitem"
      aria-level={level}
      aria-disabled="true"
      aria-selected="false"
      style={{ height: `${ROW_HEIGHT}px`, paddingInlineStart: `${28 + (level - 1) * 16}px` }}
    >
      {words}
    </div>
  );
}
