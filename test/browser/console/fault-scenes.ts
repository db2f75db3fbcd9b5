/** Servers that die and come back, no quorum, and servers of another kind behind a relay. */
import { text } from '@vivarium/core';
import { startRelay } from '@vivarium/core/internal/node/relay';
import { startApache } from '../../interop/apache.js';
import { dataField, demand, line, type Scene, until } from './scene.js';
import { openPage } from './stage.js';

export const faultScenes: readonly Scene[] = [
  {
    name: 'a server that is killed and comes back',
    async show({ page, beside, server, visit }) {
      await beside.ensure('/fault/before');
      await visit('/fault/before');
      await page.getByRole('tree').focus();
      const field = dataField(page, '/fault/before');
      await field.fill('typed while all was well');
      await server.kill();
      await page.getByText(/Connection lost for/).waitFor();
      await page.getByText('Nobody answers there.').waitFor();
      await field.fill('typed while nobody answered');
      await beside.create('/fault/meanwhile', 'x');
      await server.launch();
      await server.untilServing();
      await page.getByText(/Connection lost for/).waitFor({ state: 'hidden' });
      await line(page, '/fault/meanwhile').waitFor();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved before as version 1').waitFor();
      const stored = await beside.getData('/fault/before', { codec: text });
      demand(stored === 'typed while nobody answered', stored);
      return 'is told; what was typed is kept, and what happened meanwhile is seen';
    },
  },
  {
    name: 'the leader killed',
    async show({ page, beside, ensemble, visit }) {
      const leader = await ensemble.untilLed();
      await visit('/fault');
      await leader.kill();
      await until(
        () => ensemble.leader(),
        (found) => found !== undefined,
      );
      await beside.ensure('/fault/after');
      await line(page, '/fault/after').waitFor();
      await leader.launch();
      await leader.untilServing();
      return 'another leads, and the page goes on';
    },
  },
  {
    name: 'no quorum',
    async show({ page, ensemble, server }) {
      const others = ensemble.members.filter((member) => member !== server);
      await Promise.all(others.map((member) => member.kill()));
      await page.getByText(/No quorum for/).waitFor();
      await Promise.all(others.map((member) => member.launch()));
      await ensemble.untilServing();
      await page.getByText(/No quorum for/).waitFor({ state: 'hidden' });
      return 'is told apart from a server that does not answer, and passes';
    },
  },
  {
    name: 'a relay',
    async show({ browser, server, short, complaints }) {
      const apache = short ? undefined : await startApache();
      const port = apache?.port ?? server.port;
      const host = apache === undefined ? server.host : '127.0.0.1';
      const relay = await startRelay({ servers: [{ host, port }], port: 0 });
      const context = await browser.newContext();
      try {
        const page = await openPage(context, complaints as string[]);
        await page.goto(`http://127.0.0.1:${relay.port}/#/tree/zookeeper`);
        await page.getByRole('heading', { name: 'zookeeper' }).waitFor();
        await line(page, '/zookeeper').waitFor();
        await page.getByRole('button', { name: 'New child' }).click();
        const dialog = page.getByRole('dialog', { name: 'New child' });
        await dialog.getByRole('textbox', { name: /^Name/ }).fill('x');
        await page.keyboard.press('Escape');
        const where = await page.locator('.pulse').textContent();
        demand(where?.includes(`${host}:${port}`) === true, where);
        await page.getByRole('link', { name: 'Ensemble' }).click();
        await page.getByText('No figures behind a relay').waitFor();
        await page.getByRole('link', { name: 'Sessions' }).click();
        await page.getByText('No sessions behind a relay').waitFor();
        await page.getByRole('link', { name: 'Time' }).click();
        await page.getByText('No transactions behind a relay').waitFor();
        const whose = apache === undefined ? 'another server' : 'Apache ZooKeeper';
        return `shows the tree of ${whose}, and says why there are no figures`;
      } finally {
        await context.close();
        await relay.close();
        await apache?.stop();
      }
    },
  },
];
