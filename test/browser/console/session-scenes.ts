/** The sessions page: who is there, what goes with them, closing one, and ten thousand. */
import { connect } from '@vivarium/core';
import { WireClient } from '../../interop/wire-client.js';
import { startServer } from '../server-process.js';
import { problemsOf } from './axe.js';
import { demand, type Scene, until } from './scene.js';
import { addressOf, administrator, openPage, type Stage } from './stage.js';

const hex = (id: bigint) => `0x${BigInt.asUintN(64, id).toString(16)}`;

/** A client of the server whose page is open, with a node of its own. */
async function guest({ server, beside }: Stage, path: string) {
  await beside.ensure('/guests');
  const zk = await connect(`${server.host}:${server.port}`, { sessionTimeoutMs: 20_000 });
  await zk.create(path, 'here', { mode: 'ephemeral' });
  const { session } = zk.state;
  if (session === undefined) throw new Error('the guest has no session');
  return { zk, id: hex(session) };
}

/** Sessions whose clients are gone again; they stay until they expire. */
async function crowd(port: number, count: number): Promise<void> {
  let begun = 0;
  const worker = async () => {
    while (begun++ < count) {
      const client = await WireClient.session(port, { timeOut: 600_000 });
      client.destroy();
    }
  };
  await Promise.all(Array.from({ length: 50 }, worker));
}

export const sessionScenes: readonly Scene[] = [
  {
    name: 'a session, its nodes, and the way there from the tree',
    async show(stage) {
      const { page, server, visit } = stage;
      const { zk, id } = await guest(stage, '/guests/one');
      try {
        await visit('/guests/one');
        await page.getByRole('link', { name: `ephemeral of ${id}` }).click();
        await page.getByRole('heading', { name: id }).waitFor();
        const pane = page.getByRole('region', { name: 'Session', exact: true });
        await pane.getByText('20 s').waitFor();
        await pane.getByRole('link', { name: '/guests/one' }).click();
        await page.getByRole('heading', { name: 'one', exact: true }).waitFor();
        await page.goto(`${addressOf(server)}#/sessions`);
        const row = page.getByRole('row').filter({ hasText: id });
        await row.waitFor();
        await page.getByRole('row').filter({ hasText: 'this page' }).waitFor();
        await page.getByLabel('Filter sessions').fill(id.slice(-4));
        await until(
          () => page.getByRole('rowgroup').getByRole('row').count(),
          (count) => count === 1,
        );
        await row.getByRole('link').focus();
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { name: id }).waitFor();
        return 'leads from the node to its owner and back; filtered; opened by a key';
      } finally {
        await zk.close();
      }
    },
  },
  {
    name: 'closing a session',
    async show(stage) {
      const { page, server, beside } = stage;
      const { zk, id } = await guest(stage, '/guests/two');
      try {
        await page.goto(`${addressOf(server)}#/sessions?id=${id}`);
        await page.getByRole('button', { name: 'Close session' }).click();
        const dialog = page.getByRole('dialog', { name: 'Close a session' });
        const confirm = dialog.getByRole('button', { name: 'Close the session' });
        await dialog.getByRole('textbox', { name: /^To confirm/ }).fill('0x1');
        demand(await confirm.isDisabled(), 'a button for another id');
        await dialog.getByRole('textbox', { name: /^To confirm/ }).fill(id);
        await confirm.click();
        await dialog.getByText('An administrator is needed.').waitFor();
        await dialog.getByLabel('Administrator').fill(administrator.name);
        await dialog.getByLabel('Password').fill('not this one');
        await confirm.click();
        await dialog.getByText('No administrator of this server has that name').waitFor();
        demand((await beside.exists('/guests/two')) !== undefined, 'closed without a password');
        const typed = await dialog.getByRole('textbox', { name: /^To confirm/ }).inputValue();
        demand(typed === id, typed);
        await dialog.getByLabel('Password').fill(administrator.password);
        await confirm.click();
        await page.getByText(`Session ${id} is closed`).waitFor();
        await until(
          () => beside.exists('/guests/two'),
          (stat) => stat === undefined,
        );
        await page.getByText('There is no such session').waitFor();
        return 'asks for its id and an administrator, in a form of its own; the nodes go with it';
      } finally {
        await zk.close().catch(() => {});
      }
    },
  },
  {
    name: 'ten thousand sessions, and a server without administrators',
    async show({ browser, complaints, short }) {
      const count = short ? 1_000 : 10_000;
      const alone = await startServer({ maxClientCnxns: '0', maxSessionTimeout: '600000' });
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      try {
        await crowd(alone.port, count);
        const page = await openPage(context, complaints as string[]);
        const began = performance.now();
        await page.goto(`http://127.0.0.1:${alone.port}/#/sessions`);
        const words = page.getByRole('status').filter({ hasText: 'sessions' });
        const told = await until(
          () => words.first().textContent(),
          (text) => Number(text?.replaceAll(/\D/g, '')) >= count,
        );
        const ms = Math.round(performance.now() - began);
        const made = await page.getByRole('row').count();
        demand(made > 10 && made < 100, made);
        await page.getByRole('button', { name: 'Last heard' }).click();
        await page.getByRole('rowgroup').focus();
        await page.keyboard.press('End');
        const row = page.locator(`[aria-rowindex="${count}"]`);
        await row.getByRole('link').click();
        await page.getByRole('button', { name: 'Close session' }).click();
        const dialog = page.getByRole('dialog', { name: 'Close a session' });
        const id = await page.getByRole('heading', { name: /^0x/ }).textContent();
        await dialog.getByRole('textbox').fill(id ?? '');
        await dialog.getByRole('button', { name: 'Close the session' }).click();
        await dialog.getByText('Nobody may do this here yet.').waitFor();
        await dialog.getByText('npx vivarium admin-user NAME').waitFor();
        return `${told} listed in ${ms} ms, ${made} rows made; how to make an administrator is said`;
      } finally {
        await context.close();
        await alone.stop();
      }
    },
  },
  ...(['light', 'dark'] as const).map((scheme) => ({
    name: `contrast and roles of the sessions page, ${scheme}`,
    async show(stage: Stage) {
      const { page, server } = stage;
      await page.emulateMedia({ colorScheme: scheme });
      const { zk, id } = await guest(stage, `/guests/${scheme}`);
      try {
        const problems: string[] = [];
        const check = async () => problems.push(...(await problemsOf(page)));
        await page.goto(`${addressOf(server)}#/sessions?id=${id}`);
        await page.getByRole('row').filter({ hasText: id }).waitFor();
        await page.getByRole('link', { name: `/guests/${scheme}` }).waitFor();
        await check();
        await page.getByRole('button', { name: 'Close session' }).click();
        await page.getByRole('dialog').waitFor();
        await check();
        await page.keyboard.press('Escape');
        await page.getByLabel('Filter sessions').fill('nobody is called this');
        await page.getByText('No session is let through').waitFor();
        await check();
        await page.setViewportSize({ width: 375, height: 720 });
        const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
        demand(width <= 375, width);
        await check();
        await page.setViewportSize({ width: 1280, height: 800 });
        demand(problems.length === 0, problems);
        return 'four states without a violation of WCAG 2.2 AA';
      } finally {
        await page.setViewportSize({ width: 1280, height: 800 });
        await page.emulateMedia({ colorScheme: 'light' });
        await zk.close();
      }
    },
  })),
];
