import { useSignal } from '@preact/signals';
import type { Client } from '@vivarium/core';
import { useEffect, useMemo } from 'preact/hooks';
import { Icon } from '../parts/icon.js';
import { Notice } from '../parts/notice.js';
import { hashOf, route } from '../route.js';
import { partsOf } from '../tree/parts-of.js';
import { surveyOf } from './live-survey.js';
import { RecipePane } from './recipe-pane.js';
import { SurveyList } from './survey-list.js';

/** Recipes of every library that the tree holds, and one of them as what it is. */
export function RecipesPage({ zk }: { readonly zk: Client }) {
  const { path, query } = route.value;
  const root = query.in ?? '/';
  const attempt = useSignal(0);
  // The tree keeps the one watch on the root that the list is kept current by.
  const { tree } = useMemo(() => partsOf(zk), [zk]);
  const live = useMemo(() => surveyOf(zk, root, tree.liveness), [zk, root, tree, attempt.value]);
  useEffect(() => {
    live.isSeen = true;
    return () => {
      live.isSeen = false;
    };
  }, [live]);
  const isChosen = path !== '/';
  return (
    <div class={`recipes-page ${isChosen ? 'one' : ''}`}>
      <h1 class="unseen">Recipes</h1>
      <SurveyList
        zk={zk}
        live={live}
        onAgain={() => {
          attempt.value++;
        }}
      />
      <section class="recipe-pane" aria-label="Recipe">
        {isChosen ? (
          <>
            <a class="to-list" href={hashOf({ ...route.value, path: '/' })}>
              <Icon name="back" /> Recipes
            </a>
            <RecipePane key={path} zk={zk} path={path} />
          </>
        ) : (
          <Notice icon="lock" title="Choose a recipe">
            <p>
              A lock shows who holds it and who waits, in order; an election its leader; a group its
              members; a queue what is in it. All of it as it changes.
            </p>
          </Notice>
        )}
      </section>
    </div>
  );
}
