import { useComputed, useSignal } from '@preact/signals';
import type { Client } from '@vivarium/core';
import { type Recognised, recipeKinds } from '@vivarium/core/internal/layouts/recognised';
import { useEffect, useMemo } from 'preact/hooks';
import { agoText } from '../format.js';
import { now } from '../link.js';
import { IdentityDialog } from '../node/identity-dialog.js';
import { Denied } from '../parts/denied.js';
import { Notice } from '../parts/notice.js';
import { visibleName } from '../paths.js';
import { goQuery, hashOfNode, route } from '../route.js';
import { kindNames } from './kind-words.js';
import type { LiveFolder } from './live-folder.js';
import { LiveRecipe } from './live-recipe.js';
import { PartList } from './part-list.js';
import type { FolderState, RecipeState } from './view.js';
import { viewOf } from './view-of.js';

/** One recipe as what it is, live. */
export function RecipePane({ zk, path }: { readonly zk: Client; readonly path: string }) {
  const attempt = useSignal(0);
  const isAsking = useSignal(false);
  const wanted = useComputed(() => recipeKinds.find((kind) => kind === route.value.query.as));
  const recipe = useMemo(() => new LiveRecipe(zk, path, wanted), [zk, path, attempt.value]);
  useEffect(() => () => recipe.end(), [recipe]);
  return (
    <article aria-label={`Recipe at ${path}`}>
      <Shown
        recipe={recipe}
        onRetry={() => {
          attempt.value++;
        }}
        onIdentity={() => {
          isAsking.value = true;
        }}
      />
      {isAsking.value && (
        <IdentityDialog
          zk={zk}
          onClose={(isAdded) => {
            isAsking.value = false;
            if (isAdded) attempt.value++;
          }}
        />
      )}
    </article>
  );
}

interface ShownParts {
  readonly recipe: LiveRecipe;
  readonly onRetry: () => void;
  readonly onIdentity: () => void;
}

function Shown({ recipe, onRetry, onIdentity }: ShownParts) {
  const { main } = recipe;
  const goneAt = useSignal<number | undefined>(undefined);
  const node = main.node.value;
  const kind = node?.kind;
  useEffect(() => {
    goneAt.value = kind === 'absent' ? Date.now() : undefined;
  }, [kind, goneAt]);
  const recognised = recipe.chosen.value;
  if (main.error.value !== undefined) {
    return (
      <>
        <Head path={main.path} recognised={undefined} isStale={false} />
        <Denied error={main.error.value} onRetry={onRetry} onIdentity={onIdentity} />
      </>
    );
  }
  if (node === undefined || main.names.value === undefined) {
    return (
      <>
        <Head path={main.path} recognised={undefined} isStale={false} />
        <p class="verdict pending">Reading it …</p>
      </>
    );
  }
  if (node.kind !== 'present') {
    return (
      <>
        <Head path={main.path} recognised={recognised} isStale={!node.fresh} />
        <Gone recognised={recognised} since={goneAt.value} />
      </>
    );
  }
  return (
    <>
      <Head path={main.path} recognised={recognised} isStale={!node.fresh} />
      {recognised === undefined ? (
        <Nothing path={main.path} isEmpty={node.stat.numChildren === 0} />
      ) : (
        <Present
          all={recipe.all.value}
          state={{
            ...stateOf(main),
            recognised,
            data: node.data ?? new Uint8Array(),
            stat: node.stat,
            folders: new Map(
              [...recipe.folders.value].map(([name, each]) => [name, stateOf(each)]),
            ),
          }}
        />
      )}
    </>
  );
}

function stateOf({ path, names, entries }: LiveFolder): FolderState {
  return { path, names: names.value ?? [], entries: entries.value };
}

interface HeadParts {
  readonly path: string;
  readonly recognised: Recognised | undefined;
  readonly isStale: boolean;
}

function Head({ path, recognised, isStale }: HeadParts) {
  return (
    <header class="recipe-head">
      <div class="recipe-title">
        <p class="recipe-kind">
          {recognised === undefined ? 'Recipe' : kindNames[recognised.kind][0]}
          {isStale && <span class="stale"> as last seen</span>}
        </p>
        <h2 class="mono" title={path}>
          {visibleName(path)}
        </h2>
      </div>
      <a class="button" href={hashOfNode(path)}>
        Show in the tree
      </a>
    </header>
  );
}

const surenesses: Readonly<Record<Recognised['sure'], string>> = {
  sure: 'Recognised',
  likely: 'Most likely so,',
  possible: 'A guess',
};

interface PresentParts {
  readonly all: readonly Recognised[];
  readonly state: RecipeState;
}

function Present({ all, state }: PresentParts) {
  const { recognised } = state;
  const { headline, tone, facts, groups } = viewOf(state, now.value);
  return (
    <>
      <p class={`headline ${tone}`} role="status">
        {headline}
      </p>
      {facts.length > 0 && (
        <dl class="recipe-facts">
          {facts.map(({ name, value }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="numbers">{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {groups.map((group) => (
        <PartList key={group.title} group={group} />
      ))}
      <footer class="recipe-why">
        <p>
          {surenesses[recognised.sure]} by {recognised.by === 'stat' ? 'Stat' : recognised.by}:{' '}
          {visibleName(recognised.why)}.
        </p>
        {all.length > 1 && (
          <fieldset class="segments">
            <legend class="unseen">Show it as</legend>
            {all.map(({ kind }) => (
              <button
                key={kind}
                type="button"
                aria-pressed={kind === recognised.kind}
                onClick={() => goQuery('as', kind === all[0]!.kind ? undefined : kind)}
              >
                {kindNames[kind][0]}
              </button>
            ))}
          </fieldset>
        )}
      </footer>
    </>
  );
}

interface GoneParts {
  readonly recognised: Recognised | undefined;
  /** When the page saw that it was gone, by its own clock. */
  readonly since: number | undefined;
}

function Gone({ recognised, since }: GoneParts) {
  const when = since === undefined ? '' : agoText(since, now.value);
  if (recognised?.kind === 'barrier') {
    return (
      <Notice icon="play" title="Lifted: nobody waits any more">
        <p>The node of the barrier was deleted, {when}: all who waited go on.</p>
        <p>If somebody raises it again, it is shown here by itself.</p>
      </Notice>
    );
  }
  if (recognised === undefined) {
    return (
      <Notice icon="gone" title="There is no node at this path">
        <p>
          It was deleted, or never there. A barrier is lifted when there is none. If somebody
          creates it, it appears here by itself.
        </p>
      </Notice>
    );
  }
  return (
    <Notice icon="gone" title={`This ${kindNames[recognised.kind][0].toLowerCase()} is gone`}>
      <p>
        Its node was deleted, {when}. Servers remove the folder of a recipe by themselves when it
        has long been empty; whoever needs it next makes it anew.
      </p>
      <p>Then it appears here by itself.</p>
    </Notice>
  );
}

function Nothing({ path, isEmpty }: { readonly path: string; readonly isEmpty: boolean }) {
  return (
    <Notice icon="empty" title="No recipe that is known">
      <p>
        {isEmpty
          ? 'An empty node tells nothing: a lock that nobody wants looks like this. Once somebody comes, it is recognised by itself.'
          : 'Neither the names below it nor its data are those of a recipe of Vivarium, Curator, kazoo or ZooKeeper.'}
      </p>
      <a class="button" href={hashOfNode(path)}>
        Show in the tree
      </a>
    </Notice>
  );
}
