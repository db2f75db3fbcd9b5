/** The recipes page: live recipes of ours, nodes as others lay them out, and holders that die. */
import { problemsOf } from './axe.js';
import { layOutOthers, openShop } from './recipe-fleet.js';
import { fleetOf, found, headline, open, pane, parts } from './recipe-pane.js';
import { demand, line, type Scene, until } from './scene.js';
import type { Stage } from './stage.js';

const EVIL = '<img src=x onerror="window.harmed=1">';
const EVIL_DATA = '<script>window.harmed=1</script>';

/** What each recipe of the shop says of itself, and some of what stands below that. */
const shown: readonly (readonly [path: string, headline: string, parts: readonly RegExp[]])[] = [
  ['locks/report', 'Held by worker-1', [/^1holdsworker-1fencing token \d+session 0x/, /^2waitswo/]],
  ['locks/index', 'Held by 2', [/reader-1reads/, /reader-2reads/, /^3waitswriter-1writes/]],
  ['election', 'Led by host-1', [/^1leadshost-1/, /^2stands byhost-2/, /^3stands byhost-3/]],
  ['workers', '3 members', [/host-1\{"zone":"a","cores":8\}/, /host-2/, /host-3/]],
  [
    'limits/vendor',
    '4 of 5 permits out',
    [/importer3 permits/, /exporter1 permit/, /^3waits.*2 p/],
  ],
  ['barriers/bench', 'Gathering: 2 of 3 came', [/waits/, /waits/]],
  ['barriers/migration', 'Closed: who comes waits', []],
  ['latches/warm', 'Closed: 2 of 3 to come', [/camecache-1/]],
  ['leases/import', 'Held by importer-1', [/for 10 min at a time/]],
  ['counters/orders', '1,234,567', []],
  ['services/payments', '2 instances', [/registered10\.0\.0\.7:8080/, /10\.0\.0\.8:8080/]],
  [
    'queues/mails',
    '1 item to take',
    [/^1in handto: grace/, /^2waitsto: ada/, /^3delayed/, /nobody.*no such address/],
  ],
];

/** What the list says of nodes that programs over Curator and kazoo make. */
const others: readonly (readonly [path: string, tally: string, library: string])[] = [
  ['curator/mutex', '1 holds', 'Curator'],
  ['curator/rw', '1 holds, 1 waits', 'Curator'],
  ['curator/latch', '1 leads', 'Curator'],
  ['curator/semaphore', '1 out, 1 waits', 'Curator'],
  ['curator/queue', '2 wait', 'Curator'],
  ['curator/delayed', '1 waits', 'Curator'],
  ['curator/twice', '1 inside', 'Curator'],
  ['curator/number', '42', 'DistributedAtomicLong'],
  ['curator/discovery/billing', '1 instance', 'Curator'],
  ['kazoo/lock', '1 holds, 1 waits', 'kazoo'],
  ['kazoo/party', '1 member', 'kazoo'],
  ['kazoo/semaphore', '1 of 2 out', 'kazoo'],
  ['kazoo/queue', '1 waits', 'kazoo'],
  ['kazoo/locking', '0 wait, 1 in hand', 'kazoo'],
];

export const recipeScenes: readonly Scene[] = [
  {
    name: 'recipes: each of ours, found and shown',
    async show(stage) {
      const { page } = stage;
      const fleet = fleetOf(stage);
      try {
        await openShop(fleet, '/shop');
        await open(stage, '/', '?in=/shop');
        await page.getByRole('list', { name: 'Recipes' }).waitFor();
        for (const [name, words, rows] of shown) {
          await open(stage, `/shop/${name}`, '?in=/shop');
          await headline(page, words).waitFor();
          for (const [at, text] of rows.entries()) {
            const told = parts(page).nth(at);
            await until(
              () => told.textContent(),
              (seen) => text.test(seen ?? ''),
            );
          }
        }
        await open(stage, '/shop/locks/report', '?in=/shop');
        const id = await parts(page).first().getByRole('link', { name: /^0x/ }).textContent();
        await parts(page).first().getByRole('link', { name: /^0x/ }).click();
        await page.getByRole('heading', { name: id ?? '' }).waitFor();
        return `${shown.length} recipes; a holder leads to its session`;
      } finally {
        await fleet.end();
      }
    },
  },
  {
    name: 'recipes: the token that is shown, and a holder that is killed',
    async show(stage) {
      const { page, beside } = stage;
      const fleet = fleetOf(stage);
      const path = '/killed/lock';
      try {
        const kill = await fleet.killableHolder(path, 'the first');
        const next = await fleet.program();
        const waiting = next.acquireLock(path, { data: 'the second' });
        await open(stage, path, '?in=/killed');
        await headline(page, 'Held by the first').waitFor();
        await until(
          () => parts(page).count(),
          (count) => count === 2,
        );
        await found(page, path).getByText('1 holds, 1 waits').waitFor();
        kill();
        const hold = await waiting;
        await headline(page, 'Held by the second').waitFor();
        await parts(page).locator('.flash').first().waitFor({ state: 'attached' });
        await parts(page).getByText(`fencing token ${hold.token}`).waitFor();
        await found(page, path).getByText('1 holds', { exact: true }).waitFor();
        await hold.release();
        await headline(page, 'Free: nobody holds it').waitFor();
        await found(page, path).getByText('free', { exact: true }).waitFor();
        await beside.delete(path);
        await page.getByText('This lock is gone').waitFor();
        await found(page, path).getByText('gone').waitFor();
        await found(page, path).waitFor({ state: 'detached' });
        return 'the next is shown with its own token; then free, then gone, in pane and list';
      } finally {
        await fleet.end();
      }
    },
  },
  {
    name: 'recipes: changes of each kind as they come',
    async show(stage) {
      const { page } = stage;
      const fleet = fleetOf(stage);
      try {
        const one = await fleet.program();
        const two = await fleet.program();
        const gate = one.barrier('/moving/barriers/gate');
        await gate.raise();
        await open(stage, '/moving/barriers/gate', '?in=/moving');
        await headline(page, 'Closed: who comes waits').waitFor();
        await gate.lift();
        await page.getByText('Lifted: nobody waits any more').waitFor();
        await gate.raise();
        await headline(page, 'Closed').waitFor();
        await open(stage, '/moving/number', '?in=/moving');
        await page.getByText('There is no node at this path').waitFor();
        await one.counter('/moving/number').add(41);
        await headline(page, '41').waitFor();
        await found(page, '/moving/number').waitFor();
        await two.counter('/moving/number').add(1);
        await headline(page, '42').waitFor();
        await found(page, '/moving/number').getByText('42').waitFor();
        await open(stage, '/moving/group', '?in=/moving');
        const first = await one.joinGroup('/moving/group', { id: 'host-1', data: 'well' });
        await headline(page, '1 member').waitFor();
        const second = await two.joinGroup('/moving/group', { id: 'host-2' });
        await headline(page, '2 members').waitFor();
        await first.update('busy');
        await parts(page).getByText('"busy"').waitFor();
        await second.leave();
        await headline(page, '1 member').waitFor();
        const size = { size: 2 };
        const both = [one, two].map(({ doubleBarrier }) => doubleBarrier('/moving/meet', size));
        const entering = both[0]!.enter();
        await open(stage, '/moving/meet', '?in=/moving');
        await headline(page, 'Gathering: 1 of 2 came').waitFor();
        const cohorts = await Promise.all([entering, both[1]!.enter()]);
        await headline(page, 'Cohort 1 is inside').waitFor();
        await Promise.all(cohorts.map((cohort) => cohort.leave()));
        await headline(page, 'Gathering: 0 of 2 came').waitFor();
        return 'a barrier lifted and raised, a number, members, a cohort: without a reload';
      } finally {
        await fleet.end();
      }
    },
  },
  {
    name: 'recipes: as Curator and kazoo lay them out',
    async show(stage) {
      const { page } = stage;
      const fleet = fleetOf(stage);
      try {
        await layOutOthers(await fleet.program(), '/others');
        for (const [name, tally, library] of others) {
          await open(stage, `/others/${name}`, '?in=/others');
          await pane(page).getByText(library).first().waitFor();
          await found(page, `/others/${name}`).getByText(tally, { exact: true }).waitFor();
        }
        await open(stage, '/others/kazoo/number', '?in=/others');
        await headline(page, '17').waitFor();
        await pane(page).getByText('A guess by data').waitFor();
        demand((await found(page, '/others/kazoo/number').count()) === 0, 'a guess in the list');
        await page.getByRole('button', { name: '1 guess' }).click();
        await found(page, '/others/kazoo/number').waitFor();
        return `${others.length} layouts with the library of each; a guess only when asked for`;
      } finally {
        await fleet.end();
      }
    },
  },
  {
    name: 'recipes: the list by filter, keyboard and root, and from the tree and back',
    async show(stage) {
      const { page, beside, visit } = stage;
      for (const name of ['alpha', 'beta', 'gamma']) {
        await beside.ensure(`/listed/${name}`);
        await beside.create(`/listed/${name}/lock-`, name, { mode: 'ephemeralSequential' });
      }
      await beside.create('/listed/gamma/n_', '', { mode: 'ephemeralSequential' });
      await beside.ensure('/listed/board');
      await beside.create('/listed/board/n_', 'host', { mode: 'ephemeralSequential' });
      await open(stage, '/');
      await page.getByLabel('Look below this path').fill('/listed');
      await page.getByRole('button', { name: 'Look', exact: true }).click();
      await page.getByText('4 recipes in ').waitFor();
      await page.getByLabel('Filter recipes by path').fill('al');
      await page.getByText('1 recipe in ').waitFor();
      await page.getByLabel('Filter recipes by path').fill('');
      await page.getByLabel('Kind of recipe').selectOption('election');
      await page.getByText('1 recipe in ').waitFor();
      await found(page, '/listed/board').waitFor();
      await page.getByLabel('Kind of recipe').selectOption('');
      await page.getByRole('list', { name: 'Recipes' }).focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await headline(page, 'Held by beta').waitFor();
      demand(page.url().includes('#/recipes/listed/beta'), page.url());
      await page.keyboard.press('End');
      await page.keyboard.press('Enter');
      await headline(page, 'Led by host').waitFor();
      await pane(page).getByRole('link', { name: 'Show in the tree' }).click();
      await line(page, '/listed/board').waitFor();
      await page.getByRole('link', { name: 'see it as an election' }).click();
      await headline(page, 'Led by host').waitFor();
      const [name = ''] = (await beside.children('/listed/beta')).children;
      await visit(`/listed/beta/${name}`);
      await page.getByRole('link', { name: 'part of a lock' }).click();
      await headline(page, 'Held by beta').waitFor();
      await page.goto('about:blank');
      return 'filtered and walked through by keys; tree and recipe lead to each other';
    },
  },
  {
    name: 'recipes: names and data that look like HTML',
    async show(stage) {
      const { page, beside, complaints } = stage;
      const path = `/evil-recipes/${EVIL}`;
      await beside.ensure(path);
      await beside.create(`${path}/lock-`, EVIL_DATA, { mode: 'ephemeralSequential' });
      await beside.create(`${path}/x`, EVIL_DATA);
      await beside.ensure('/evil-recipes/\u202egpj');
      await beside.create('/evil-recipes/\u202egpj/host', EVIL_DATA, { mode: 'ephemeral' });
      await beside.ensure('/evil-recipes/long');
      const long = `${'wide-'.repeat(100)}lock-`;
      await beside.create(`/evil-recipes/long/${long}`, 'w'.repeat(3_000), {
        mode: 'ephemeralSequential',
      });
      await open(stage, path, '?in=/evil-recipes');
      await headline(page, `Held by ${EVIL_DATA}`).waitFor();
      await found(page, path).getByText(path).waitFor();
      await open(stage, '/evil-recipes/\u202egpj', '?in=/evil-recipes');
      await pane(page).getByRole('heading', { name: '/evil-recipes/\\u{202e}gpj' }).waitFor();
      await parts(page).getByText(EVIL_DATA).waitFor();
      await open(stage, '/evil-recipes/long', '?in=/evil-recipes');
      await headline(page, 'Held by www').waitFor();
      const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
      demand(width <= 1280, width);
      const harmed = await page.evaluate(() => 'harmed' in globalThis);
      const made = await page.locator('main img, main script').count();
      demand(!harmed && made === 0 && complaints.length === 0, { harmed, made, complaints });
      return 'are texts; the longest stay within the page';
    },
  },
  ...(['light', 'dark'] as const).map((scheme) => ({
    name: `recipes: contrast and roles, ${scheme}`,
    async show(stage: Stage) {
      const { page } = stage;
      const fleet = fleetOf(stage);
      const top = `/looks-${scheme}`;
      try {
        await openShop(fleet, top);
        await page.emulateMedia({ colorScheme: scheme });
        const problems: string[] = [];
        let checked = 0;
        const check = async (what: string) => {
          problems.push(...(await problemsOf(page)).map((each) => `${what}: ${each}`));
          checked++;
        };
        for (const [name, words] of shown) {
          await open(stage, `${top}/${name}`, `?in=${top}&guesses=1`);
          await headline(page, words).waitFor();
          await check(name);
        }
        await open(stage, '/', `?in=${top}&q=nobody`);
        await page.getByText('No recipe is let through by this filter.').waitFor();
        await check('filtered');
        await open(stage, `${top}/none`, `?in=${top}`);
        await page.getByText('There is no node at this path').waitFor();
        await check('none');
        await page.setViewportSize({ width: 375, height: 720 });
        for (const path of ['/', `${top}/queues/mails`, `${top}/locks/index`]) {
          await open(stage, path, `?in=${top}`);
          const seen = path === '/' ? page.locator('.found') : parts(page);
          await seen.first().waitFor();
          const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
          demand(width <= 375, [path, width]);
          await check(`phone ${path}`);
        }
        // A list that was hidden came back where it had been scrolled to, with nothing drawn there.
        const back = page.getByRole('link', { name: 'Recipes', exact: true }).last();
        await back.click();
        await page.evaluate("document.querySelector('.found-rows').scrollTo(0, 100000)");
        await found(page, `${top}/counters/orders`).click();
        await headline(page, '1,234,567').waitFor();
        await back.click();
        await found(page, `${top}/counters/orders`).waitFor();
        demand(problems.length === 0, problems);
        return `${checked} states without a violation of WCAG 2.2 AA`;
      } finally {
        await page.setViewportSize({ width: 1280, height: 800 });
        await page.emulateMedia({ colorScheme: 'light' });
        await fleet.end();
      }
    },
  })),
];
