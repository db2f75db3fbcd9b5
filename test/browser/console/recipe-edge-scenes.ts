/** The recipes page with little to show: shut nodes, large trees, no connection, a relay. */
import { startRelay } from '@vivarium/core/internal/node/relay';
import { startApache } from '../../interop/apache.js';
import { Fleet } from './recipe-fleet.js';
import { fleetOf, found, headline, open, pane } from './recipe-pane.js';
import { demand, type Scene } from './scene.js';
import { openPage } from './stage.js';

export const recipeEdgeScenes: readonly Scene[] = [
  {
    name: 'recipes: what may not be read, and none at all',
    async show(stage) {
      const { page, beside } = stage;
      const fleet = fleetOf(stage);
      const { zk } = await fleet.program();
      await zk.ensure('/closed-recipes/empty');
      await zk.addAuth({ scheme: 'digest', auth: 'keeper:secret' });
      const acl = [{ perms: 31, id: { scheme: 'auth', id: '' } }] as const;
      await zk.create('/closed-recipes/lock', '', { acl });
      await zk.create('/closed-recipes/lock/lock-', 'me', { mode: 'ephemeralSequential' });
      await open(stage, '/closed-recipes/lock', '?in=/closed-recipes');
      await page.getByText('No permission to read this node').waitFor();
      await page.getByText('1 node may not be read by this page.').waitFor();
      await page.getByText('No recipe here').waitFor();
      await page.getByRole('button', { name: 'Add an identity' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel(/User|Name/).fill('keeper');
      await dialog.getByLabel('Password').fill('secret');
      await page.keyboard.press('Enter');
      await headline(page, 'Held by me').waitFor();
      await page.getByRole('button', { name: 'Look again' }).click();
      await found(page, '/closed-recipes/lock').waitFor();
      await open(stage, '/closed-recipes/empty', '?in=/closed-recipes');
      await page.getByText('No recipe that is known').waitFor();
      await beside.create('/closed-recipes/empty/latch-', 'late', { mode: 'ephemeralSequential' });
      await headline(page, 'Led by late').waitFor();
      await found(page, '/closed-recipes/empty').waitFor();
      await fleet.end();
      return 'is said, and opened by an identity; an empty folder is recognised when somebody comes';
    },
  },
  {
    name: 'recipes: a large tree, looked at in bounds',
    async show(stage) {
      const { page, beside, short } = stage;
      const count = short ? 5_000 : 60_000;
      await beside.ensure('/large/crowd');
      await beside.ensure('/large/kept/lock');
      await beside.create('/large/kept/lock/lock-', 'kept', { mode: 'ephemeralSequential' });
      for (let at = 0; at < count; at += 1_000) {
        const creations = Array.from({ length: 1_000 }, (_, each) => {
          return { op: 'create', path: `/large/crowd/item ${at + each}` } as const;
        });
        await beside.multi(creations);
      }
      await open(stage, '/', '?in=/large');
      await page.getByText('1 recipe in ').waitFor();
      await page.getByText(/children were passed over, behind the first 200/).waitFor();
      const began = performance.now();
      await page.getByRole('button', { name: 'Look at all' }).click();
      const done = page.locator('.found-status').getByText(/live|there are more/);
      await page.getByText('No recipe here').or(page.getByText('looking …')).first().waitFor();
      await done.waitFor();
      const ms = Math.round(performance.now() - began);
      const status = (await page.locator('.found-status').textContent()) ?? '';
      const looked = Number(/in ([\d,]+) nodes/.exec(status)?.[1]?.replaceAll(',', ''));
      demand(looked === Math.min(count + 1, looked), status);
      demand(looked >= Math.min(count, 20_000) && looked < 20_100, status);
      if (!short) {
        await page.getByRole('button', { name: 'Look at 20,000 more' }).click();
        await page.getByRole('button', { name: 'Stop' }).click();
        await page.getByText('stopped').waitFor();
        await page.getByRole('button', { name: 'Go on' }).waitFor();
      }
      await page.goto('about:blank');
      return `${looked} nodes looked at in ${ms} ms, beside ${count} in one folder; more when asked`;
    },
  },
  {
    name: 'recipes: the connection lost and back',
    async show(stage) {
      const { page, server } = stage;
      const fleet = fleetOf(stage);
      try {
        const one = await fleet.program();
        const hold = await one.acquireLock('/away/lock', { data: 'before' });
        await open(stage, '/away/lock', '?in=/away');
        await headline(page, 'Held by before').waitFor();
        await server.kill();
        await page.getByText(/Connection lost for/).waitFor();
        await pane(page).getByText('as last seen').waitFor();
        await hold.release();
        await one.acquireLock('/away/lock', { data: 'meanwhile' });
        await one.acquireLock('/away/other', { data: 'new' });
        demand((await headline(page, 'Held by before').count()) === 1, 'what was seen is gone');
        await server.launch();
        await server.untilServing();
        await headline(page, 'Held by meanwhile').waitFor();
        await pane(page).getByText('as last seen').waitFor({ state: 'hidden' });
        return 'what was seen stays and says so; afterwards it is right by itself';
      } finally {
        await fleet.end();
      }
    },
  },
  {
    name: 'recipes: behind a relay',
    async show({ browser, server, short, complaints }) {
      const apache = short ? undefined : await startApache();
      const host = apache === undefined ? server.host : '127.0.0.1';
      const port = apache?.port ?? server.port;
      const relay = await startRelay({ servers: [{ host, port }], port: 0 });
      const context = await browser.newContext();
      const fleet = new Fleet(`${host}:${port}`);
      try {
        const one = await fleet.program();
        const hold = await one.acquireLock('/relayed/lock', { data: 'one' });
        const page = await openPage(context, complaints as string[]);
        await page.goto(`http://127.0.0.1:${relay.port}/#/recipes/relayed/lock?in=/relayed`);
        await headline(page, 'Held by one').waitFor();
        await found(page, '/relayed/lock').getByText('1 holds').waitFor();
        await hold.release();
        await headline(page, 'Free').waitFor();
        await found(page, '/relayed/lock').getByText('free').waitFor();
        const whose = apache === undefined ? 'another server' : 'Apache ZooKeeper';
        return `recipes of ${whose}, live in pane and list`;
      } finally {
        await fleet.end();
        await context.close();
        await relay.close();
        await apache?.stop();
      }
    },
  },
];
