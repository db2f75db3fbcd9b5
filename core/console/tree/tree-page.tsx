import { useSignal } from '@preact/signals';
import type { Client } from '@vivarium/core';
import { useEffect, useMemo } from 'preact/hooks';
import { NodePane } from '../node/node-pane.js';
import { Icon } from '../parts/icon.js';
import { route } from '../route.js';
import { StreamPanel } from '../stream/stream-panel.js';
import { Finder, SearchResults } from './finder.js';
import { partsOf } from './parts-of.js';
import { search } from './search.js';
import { TreeView } from './tree-view.js';

/** Znodes: the tree on the left, the one that is looked at beside it, and what changes below. */
export function TreePage({ zk }: { readonly zk: Client }) {
  const { tree, stream } = useMemo(() => partsOf(zk), [zk]);
  const isListSeen = useSignal(false);
  const { path } = route.value;
  useEffect(() => {
    isListSeen.value = false;
  }, [path]);
  return (
    <div class={`tree-page ${isListSeen.value ? 'list-first' : ''}`}>
      <aside class="side-pane" aria-label="Tree">
        <Finder zk={zk} tree={tree} />
        {search.value !== undefined && <SearchResults zk={zk} />}
        <div class="tree-frame" hidden={search.value !== undefined}>
          {/* biome-ignore lint/a11y/noStaticElementInteractions: follows what was chosen in it */}
          {/* biome-ignore lint/a11y/useKeyWithClickEvents: follows what was chosen in it */}
          <div
            class="tree-holder"
            onClick={() => {
              isListSeen.value = false;
            }}
          >
            <TreeView tree={tree} />
          </div>
        </div>
        {tree.liveness.value === 'polled' && (
          <p class="verdict">This server tells no changes of subtrees: lists are read again.</p>
        )}
      </aside>
      <div class="main-pane">
        <button
          type="button"
          class="quiet to-list"
          onClick={() => {
            isListSeen.value = true;
          }}
        >
          <Icon name="back" /> Tree
        </button>
        <NodePane key={path} zk={zk} path={path} />
        <StreamPanel stream={stream} />
      </div>
    </div>
  );
}
