/** The time page: what was done and by whom, a tree as it was, two moments, and who may see it. */
import { CREATOR_ALL_ACL, connect } from '@vivarium/core';
import type { Page } from 'playwright-core';
import { startServer } from '../server-process.js';
import { problemsOf } from './axe.js';
import { demand, type Scene, until } from './scene.js';
import { addressOf, administrator, openPage, type Stage } from './stage.js';

const hex = (id: bigint) => `0x${BigInt.asUintN(64, id).toString(16)}`;

/** Something that has a history: a setting that was changed, a secret, what was deleted. */
async function history({ beside, page }: Stage, top: string) {
  // Whoever was logged in before is nobody now.
  await page.reload();
  await beside.ensure(top);
  await beside.create(`${top}/setting`, '{"replicas":3,"region":"eu"}');
  const first = (await beside.exists(`${top}/setting`))!.czxid;
  await beside.set(`${top}/setting`, '{"replicas":5,"region":"eu"}');
  const { mzxid } = (await beside.exists(`${top}/setting`))!;
  await beside.create(`${top}/gone`, 'words that are gone');
  await beside.delete(`${top}/gone`);
  await beside.addAuth({ scheme: 'digest', auth: 'owner:x' });
  await beside.create(`${top}/secret`, 'words that are secret', { acl: CREATOR_ALL_ACL });
  const last = (await beside.exists(`${top}/secret`))!.czxid;
  return { created: hex(first), changed: hex(mzxid), last: hex(last) };
}

async function visitTime({ page, server, beside }: Stage, path: string, query = ''): Promise<void> {
  // The server whose page it is must have heard of it.
  await beside.sync('/');
  const hash = path.split('/').map(encodeURIComponent).join('/');
  await page.goto(`${addressOf(server)}#/time${hash}${query}`);
}

/** Rows of the list, not of the facts beside it. */
const rows = (page: Page) => {
  return page.getByRole('rowgroup', { name: /one a row/ }).getByRole('row');
};

async function logIn(page: Page, password = administrator.password): Promise<void> {
  await page.getByRole('button', { name: 'Log in' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Look as an administrator' });
  await dialog.getByLabel('Administrator', { exact: true }).fill(administrator.name);
  await dialog.getByLabel('Password').fill(password);
  await dialog.getByRole('button', { name: 'Look', exact: true }).click();
}

async function logOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Log out' }).click();
}

export const timeScenes: readonly Scene[] = [
  {
    name: 'the history of a node: who did what, before and after',
    async show(stage) {
      const { page, visit } = stage;
      const { created, changed } = await history(stage, '/time/one');
      await stage.beside.sync('/');
      await visit('/time/one/setting');
      await page.getByRole('link', { name: 'History' }).click();
      await until(
        () => rows(page).count(),
        (count) => count === 2,
      );
      await page.getByRole('row').filter({ hasText: created }).waitFor();
      const row = page.getByRole('row').filter({ hasText: changed });
      await row.getByRole('link').focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: changed }).waitFor();
      await page.getByText('An administrator is needed.').waitFor();
      await logIn(page, 'not this one');
      await page.getByText('No administrator of this server has that name').waitFor();
      await page.getByLabel('Password').fill(administrator.password);
      await page.getByRole('button', { name: 'Look', exact: true }).click();
      const diff = page.getByRole('region', { name: 'Data before and after' });
      await diff.getByText('"replicas": 3').waitFor();
      await diff.getByText('"replicas": 5').waitFor();
      const lines = await diff.locator('.left, .right').count();
      demand(lines === 2, lines);
      const session = hex(stage.beside.state.session!);
      const pane = page.getByRole('region', { name: 'Transaction', exact: true });
      await pane.getByRole('link', { name: session }).waitFor();
      await logOut(page);
      return 'lines that changed are beside each other, for an administrator; asked for once';
    },
  },
  {
    name: 'what happens while one looks',
    async show(stage) {
      const { page, beside } = stage;
      await history(stage, '/time/live');
      const setting = '/time/live/setting';
      const change = async (times: number) => {
        let zxid = '';
        for (let time = 0; time < times; time++) {
          zxid = hex((await beside.set(setting, `at ${time} of ${times}`)).mzxid);
        }
        return zxid;
      };
      await visitTime(stage, setting);
      await rows(page).nth(1).waitFor();
      const first = await change(1);
      await rows(page).first().filter({ hasText: first }).waitFor();
      const middle = await change(40);
      await change(40);
      await page.getByText('83 found').waitFor();
      // Whoever has scrolled stays where they are.
      const row = rows(page).filter({ hasText: middle });
      const list = page.getByRole('rowgroup', { name: /one a row/ });
      await list.evaluate((element) => {
        element.scrollTop = 35 * 30;
      });
      await until(
        async () => ({
          isSeen: await row.isVisible(),
          at: await list.evaluate(({ scrollTop, scrollHeight }) => [scrollTop, scrollHeight]),
        }),
        ({ isSeen }) => isSeen,
      );
      const place = async () => Math.round((await row.boundingBox())!.y);
      const before = await place();
      await change(7);
      await page.getByText('90 found').waitFor();
      demand((await place()) === before, [before, await place()]);
      // From a moment back, which stays what it is.
      const upTo = page.getByLabel('Up to the zxid or time');
      await upTo.fill('noon');
      await page.getByText('A zxid is 0x and hexadecimal digits').waitFor();
      await upTo.fill(first);
      await page.getByRole('button', { name: 'Show', exact: true }).click();
      await page.getByText('3 found').waitFor();
      await rows(page).first().filter({ hasText: first }).waitFor();
      await upTo.fill('');
      await page.getByRole('button', { name: 'Show', exact: true }).click();
      await page.getByText('90 found').waitFor();
      return 'comes to the top by itself; whoever has scrolled stays; up to a moment when asked';
    },
  },
  {
    name: 'what strangers see, and what administrators do',
    async show(stage) {
      const { page } = stage;
      await history(stage, '/time/two');
      await visitTime(stage, '/time/two', '?below=yes');
      await page.getByRole('row').filter({ hasText: 'setting' }).first().waitFor();
      const open = await page.getByRole('table', { name: 'Transactions' }).textContent();
      demand(open?.includes('gone') === false && !open.includes('secret'), open);
      await logIn(page);
      await page.getByRole('row').filter({ hasText: 'deleted' }).waitFor();
      const all = await page.getByRole('table', { name: 'Transactions' }).textContent();
      demand(all?.includes('/time/two/secret') === true, all);
      await page.getByRole('row').filter({ hasText: 'deleted' }).click();
      await page.getByText('words that are gone').waitFor();
      await page.getByRole('button', { name: 'created', exact: true }).click();
      await until(
        () => rows(page).count(),
        (count) => count === 4,
      );
      await page.getByLabel('Only of the session').fill('nobody');
      await page.getByRole('button', { name: 'Show', exact: true }).click();
      await page.getByText('A session id is hexadecimal').first().waitFor();
      await logOut(page);
      return 'deleted and protected nodes are for administrators alone';
    },
  },
  {
    name: 'the tree as it was, and two moments',
    async show(stage) {
      const { page } = stage;
      const { created, changed, last } = await history(stage, '/time/three');
      await visitTime(stage, '/time/three', `?view=tree&at=${created}`);
      await page.getByText('An administrator is needed.').waitFor();
      await logIn(page);
      const children = page.getByRole('navigation', { name: 'Children then' });
      await children.getByRole('link', { name: 'setting' }).waitFor();
      demand((await children.getByRole('listitem').count()) === 1, 'another child');
      await children.getByRole('link', { name: 'setting' }).click();
      await page.getByText('"replicas": 3').waitFor();
      const field = page.getByLabel('Moment', { exact: true });
      await field.fill(changed);
      await page.keyboard.press('Enter');
      await page.getByText('"replicas": 5').waitFor();
      await page.getByText(`right after transaction ${changed}`).waitFor();
      await field.fill('yesterday');
      await page.keyboard.press('Enter');
      await page.getByText('A zxid is 0x and hexadecimal digits').waitFor();
      await field.fill('2000-01-01 00:00:00');
      await page.keyboard.press('Enter');
      await page.getByText('the earliest that can is 0x').waitFor();
      await page.getByRole('slider').focus();
      await page.keyboard.press('End');
      // To the last, however the steps of the line divide it.
      const reached = page.getByText(/right after transaction 0x/);
      await until(
        async () => /0x[0-9a-f]+/.exec((await reached.textContent()) ?? '')?.[0],
        (zxid) => BigInt(zxid ?? 0) >= BigInt(last),
      );
      await page.getByText('"replicas": 5').waitFor();
      await page.keyboard.press('Home');
      await page.getByText('There was no node at this path then').waitFor();
      await visitTime(stage, '/time/three', `?view=compare&from=${created}&to=${last}`);
      const row = (name: string) => page.getByRole('row').filter({ hasText: name });
      await row('/time/three/secret').getByText('created').waitFor();
      await row('/time/three/setting').getByText('changed', { exact: true }).waitFor();
      demand((await rows(page).count()) === 2, await rows(page).allTextContents());
      await row('/time/three/setting').click();
      const diff = page.getByRole('region', { name: 'Data before and after' });
      await diff.getByText('"replicas": 5').waitFor();
      await logOut(page);
      return 'by number, by time and by slider; what differs is listed, and shown line by line';
    },
  },
  {
    name: 'hostile names and data in the past',
    async show(stage) {
      const { page, beside } = stage;
      const name = '<img src=x onerror=document.title=1>\u202egpj';
      await beside.ensure('/time/four');
      const path = `/time/four/${name}`;
      await beside.create(path, '<script>document.title=1</script>');
      await beside.create(`/time/four/${'long-'.repeat(60)}`, 'x');
      await visitTime(stage, '/time/four', '?below=yes');
      await page.getByRole('row').filter({ hasText: '<img src=x' }).click();
      await logIn(page);
      await page.getByText('<script>document.title=1</script>').waitFor();
      const told = await page.getByRole('row').filter({ hasText: '<img' }).textContent();
      demand(told?.includes('\\u{202e}') === true, told);
      await visitTime(stage, path, '?view=tree');
      await page.getByText('<script>document.title=1</script>').waitFor();
      demand((await page.title()) === 'Vivarium', await page.title());
      demand((await page.locator('main img').count()) === 0, 'an image');
      await logOut(page);
      return 'are text, and what cannot be seen of them is';
    },
  },
  {
    name: 'the past asked of a server that is away',
    async show(stage) {
      const { page, server } = stage;
      const { created, changed } = await history(stage, '/time/away');
      await visitTime(stage, '/time/away/setting', `?view=tree&at=${created}`);
      await logIn(page);
      await page.getByText('"replicas": 3').waitFor();
      const silent = page.getByText('The server does not answer.');
      await server.kill();
      await page.getByLabel('Moment', { exact: true }).fill(changed);
      await page.keyboard.press('Enter');
      await silent.waitFor();
      await server.launch();
      await server.untilServing();
      await page.getByText('"replicas": 5').waitFor();
      await server.kill();
      await page.getByRole('link', { name: 'Transactions' }).click();
      await silent.waitFor();
      await server.launch();
      await server.untilServing();
      await rows(page).nth(1).waitFor();
      await logOut(page);
      return 'what was asked for comes by itself when it is back';
    },
  },
  {
    name: 'a long history, a server without administrators, and one that is away',
    async show({ browser, complaints, short }) {
      const count = short ? 2_000 : 20_000;
      const alone = await startServer({});
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      const zk = await connect(`127.0.0.1:${alone.port}`);
      try {
        await zk.create('/first', 'x');
        for (let done = 0; done < count; done += 500) {
          const some = Array.from({ length: 500 }, () => zk.set('/', 'x'));
          await Promise.all(some);
        }
        const page = await openPage(context, complaints as string[]);
        const began = performance.now();
        await page.goto(`http://127.0.0.1:${alone.port}/#/time/`);
        await rows(page).first().waitFor();
        const ms = Math.round(performance.now() - began);
        const made = await rows(page).count();
        demand(made > 10 && made < 100, made);
        // Back to the beginning of the log, for the one node that was made there.
        await page.goto(`http://127.0.0.1:${alone.port}/#/time/first`);
        await page.getByRole('row').filter({ hasText: 'created' }).click();
        const diff = page.getByRole('region', { name: 'Data before and after' });
        await diff.getByText('+x').waitFor();
        await page.getByRole('button', { name: 'Log in' }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('Administrator', { exact: true }).fill('ops');
        await dialog.getByLabel('Password').fill('any');
        await dialog.getByRole('button', { name: 'Look', exact: true }).click();
        await dialog.getByText('npx vivarium admin-user NAME').waitFor();
        await page.keyboard.press('Escape');
        await page.goto(`http://127.0.0.1:${alone.port}/#/time/never`);
        await page.getByText('tells of nothing that happened to /never').waitFor();
        await zk.close();
        await alone.stop();
        await page.getByRole('button', { name: 'Read again' }).click();
        await page.getByText('The server does not answer.').waitFor();
        return `the newest of ${count} after ${ms} ms, ${made} rows made; the first one is found`;
      } finally {
        await context.close();
        await zk.close().catch(() => {});
        await alone.stop();
      }
    },
  },
  ...(['light', 'dark'] as const).map((scheme) => ({
    name: `contrast and roles of the time page, ${scheme}`,
    async show(stage: Stage) {
      const { page } = stage;
      await page.emulateMedia({ colorScheme: scheme });
      const top = `/time/${scheme}`;
      const { created, changed, last } = await history(stage, top);
      let checked = 0;
      const check = async (what: string) => {
        const problems = await problemsOf(page);
        demand(problems.length === 0, [what, ...problems]);
        checked++;
      };
      try {
        await visitTime(stage, `${top}/setting`, `?zxid=${changed}`);
        await page.getByText('An administrator is needed.').waitFor();
        await check('needs an administrator');
        await page.getByRole('button', { name: 'Log in' }).first().click();
        await page.getByRole('dialog').waitFor();
        await check('dialog');
        await page.keyboard.press('Escape');
        await logIn(page);
        const diff = page.getByRole('region', { name: 'Data before and after' });
        await diff.getByText('"replicas": 5').waitFor();
        await check('before and after');
        await visitTime(stage, `${top}/setting`, `?view=tree&at=${created}`);
        await page.getByText('"replicas": 3').waitFor();
        await check('tree');
        await visitTime(stage, top, `?view=compare&from=${created}&to=${last}`);
        await rows(page).first().waitFor();
        await check('two moments');
        await visitTime(stage, `${top}/never`);
        await page.getByText('tells of nothing that happened').waitFor();
        await check('nothing');
        await page.setViewportSize({ width: 375, height: 720 });
        for (const query of ['?below=yes', `?below=yes&zxid=${changed}`, '?view=tree']) {
          await visitTime(stage, top, query);
          await page
            .getByRole('link', { name: /setting|Transactions/ })
            .first()
            .waitFor();
          const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
          demand(width <= 375, width);
          await check(`phone ${query}`);
        }
        await page.setViewportSize({ width: 1280, height: 800 });
        await logOut(page);
        return `${checked} states without a violation of WCAG 2.2 AA`;
      } finally {
        await page.setViewportSize({ width: 1280, height: 800 });
        await page.emulateMedia({ colorScheme: 'light' });
      }
    },
  })),
];
