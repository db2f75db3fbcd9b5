/** Changing things: data, children, ACLs, and what happens when somebody else does it, too. */
import { createHash } from 'node:crypto';
import { permissions, text } from '@vivarium/core';
import type { Page } from 'playwright-core';
import { startServer } from '../server-process.js';
import { problemsOf } from './axe.js';
import { dataField, demand, line, type Scene, shows, until } from './scene.js';
import { openPage } from './stage.js';

const digestOf = (user: string, password: string) => {
  const hash = createHash('sha1').update(`${user}:${password}`).digest('base64');
  return { scheme: 'digest', id: `${user}:${hash}` };
};

export const editScenes: readonly Scene[] = [
  {
    name: 'creating a child',
    async show({ page, beside, visit }) {
      await beside.ensure('/made');
      await visit('/made');
      await page.getByRole('button', { name: 'New child' }).click();
      const dialog = page.getByRole('dialog', { name: 'New child' });
      await dialog.getByRole('textbox', { name: /^Name/ }).fill('a/b');
      await dialog.getByText('A name holds no slash').waitFor();
      await dialog.getByRole('textbox', { name: /^Name/ }).fill('job-');
      await dialog
        .getByLabel('Kind')
        .selectOption({ label: 'Persistent, with a number behind its name' });
      await dialog.getByLabel('Data').fill('first');
      await dialog.getByRole('button', { name: 'Create' }).click();
      await page.getByRole('heading', { name: 'job-0000000000' }).waitFor();
      const stored = await beside.getData('/made/job-0000000000', { codec: text });
      demand(stored === 'first', stored);
      await visit('/made');
      await page.getByRole('button', { name: 'New child' }).click();
      await dialog.getByRole('textbox', { name: /^Name/ }).fill('job-0000000000');
      await dialog.getByRole('button', { name: 'Create' }).click();
      await dialog.getByText('There is one of that name already').waitFor();
      demand(
        (await dialog.getByRole('textbox', { name: /^Name/ }).inputValue()) === 'job-0000000000',
        'a lost name',
      );
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
      return 'sequential with data; a name that is taken is told, and stays typed';
    },
  },
  {
    name: 'nodes that go by themselves',
    async show({ browser, complaints, visit, page }) {
      const alone = await startServer({
        extendedTypesEnabled: 'true',
        'znode.container.checkIntervalMs': '500',
      });
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      const create = async (at: Page, name: string, kind: string) => {
        await at.getByRole('button', { name: 'New child' }).click();
        const dialog = at.getByRole('dialog', { name: 'New child' });
        await dialog.getByRole('textbox', { name: /^Name/ }).fill(name);
        await dialog.getByLabel('Kind').selectOption({ label: kind });
        return dialog;
      };
      try {
        const own = await openPage(context, complaints as string[]);
        await own.goto(`http://127.0.0.1:${alone.port}/#/tree/`);
        const brief = await create(own, 'brief', 'With a time to live');
        const seconds = brief.getByLabel(/^Seconds without change/);
        await seconds.fill('soon');
        const button = brief.getByRole('button', { name: 'Create' });
        demand(await button.isDisabled(), 'a time to live that is no number');
        await seconds.fill('6.5');
        await button.click();
        await own.getByRole('heading', { name: 'brief' }).waitFor();
        await own.getByText('There is no node at this path').waitFor();
        await own.goto(`http://127.0.0.1:${alone.port}/#/tree/`);
        await (await create(own, 'holder', 'Container'))
          .getByRole('button', { name: 'Create' })
          .click();
        await own.getByRole('heading', { name: 'holder' }).waitFor();
        await (await create(own, 'held', 'Ephemeral, of the session of this page'))
          .getByRole('button', { name: 'Create' })
          .click();
        await own.getByRole('heading', { name: 'held' }).waitFor();
        await line(own, '/holder').waitFor();
        await own.getByRole('button', { name: 'Delete' }).click();
        const sure = own.getByRole('dialog');
        await sure.getByRole('textbox').fill('held');
        await sure.getByRole('button', { name: /^Delete/ }).click();
        await line(own, '/holder').waitFor({ state: 'hidden' });
        // The ensemble takes no times to live: what was typed stays, and why is told.
        await visit('/');
        const refused = await create(page, 'brief', 'With a time to live');
        await refused.getByRole('button', { name: 'Create' }).click();
        await refused.locator('.strip').waitFor();
        const name = await refused.getByRole('textbox', { name: /^Name/ }).inputValue();
        demand(name === 'brief', name);
        const why = await refused.locator('.strip').textContent();
        await page.keyboard.press('Escape');
        return `with a time to live, and a container, are gone unasked; elsewhere: ${why}`;
      } finally {
        await context.close();
        await alone.stop();
      }
    },
  },
  {
    name: 'changing data as text, JSON and hex',
    async show({ page, beside, visit }) {
      const json = '{"id":12345678901234567890,"list":[1,2]}';
      await beside.ensure('/data');
      await beside.create('/data/json', json);
      await visit('/data/json');
      const field = dataField(page, '/data/json');
      const pretty = await field.inputValue();
      demand(pretty.includes('\n  "id": 12345678901234567890,'), pretty);
      await field.fill(pretty.replace('[', '[0,'));
      await field.fill('{"id":');
      await page.getByText(/^Not JSON/).waitFor();
      demand(await page.getByRole('button', { name: 'Save' }).isDisabled(), 'Save');
      await field.fill(pretty.replace('2\n', '2, 3\n'));
      await page.keyboard.press('Control+s');
      await page.getByText('Saved json as version 1').waitFor();
      const stored = await beside.getData('/data/json', { codec: text });
      demand(stored === '{"id":12345678901234567890,"list":[1,2,3]}', stored);

      await beside.create('/data/bytes', Uint8Array.of(0, 1, 255, 65));
      await visit('/data/bytes');
      const hex = await dataField(page, '/data/bytes').inputValue();
      demand(hex === '00 01 ff 41', hex);
      await dataField(page, '/data/bytes').fill('00 01 ff 42 43');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved bytes as version 1').waitFor();
      const bytes = [...(await beside.getData('/data/bytes'))];
      demand(bytes.join() === '0,1,255,66,67', bytes);
      return 'numbers of any length stay; JSON on one line stays on one; bytes are exact';
    },
  },
  {
    name: 'a conflict',
    async show({ page, beside, visit }) {
      await beside.create('/data/both', 'one\ntwo\nthree');
      await visit('/data/both');
      const field = dataField(page, '/data/both');
      await until(
        () => field.inputValue(),
        (value) => value.startsWith('one'),
      );
      await field.fill('one\nmine\nthree');
      await beside.set('/data/both', 'one\ntheirs\nthree');
      await page.getByText('Changed by somebody else.').waitFor();
      const sides = page.locator('.sides .only');
      const seen = await sides.allTextContents();
      demand(seen.join('|') === 'theirs\n|mine\n', seen);
      demand((await field.inputValue()).includes('mine'), 'what was typed is lost');
      demand(await page.getByRole('button', { name: 'Save' }).isDisabled(), 'Save');
      await visit('/');
      await visit('/data/both');
      await page.getByText('Changed by somebody else.').waitFor();
      await page.getByRole('button', { name: 'Go on from version 1' }).click();
      await field.fill('one\nboth\nthree');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved both as version 2').waitFor();
      await field.fill('again mine');
      await beside.set('/data/both', 'again theirs');
      await page.getByRole('button', { name: 'Overwrite version 3' }).click();
      await page.getByText('Saved both as version 4').waitFor();
      const stored = await beside.getData('/data/both', { codec: text });
      demand(stored === 'again mine', stored);
      return 'shows both sides, keeps what was typed, and overwrites only when told to';
    },
  },
  {
    name: 'a value over the limit',
    async show({ page, beside, visit }) {
      await beside.create('/data/large', '');
      await visit('/data/large');
      const field = dataField(page, '/data/large');
      await field.fill('x'.repeat(1_100_000));
      await page.getByText('1.1 MB is over the limit.').waitFor();
      demand(await page.getByRole('button', { name: 'Save' }).isDisabled(), 'Save');
      await page.getByRole('button', { name: 'Discard' }).click();
      return 'is told before it is sent';
    },
  },
  {
    name: 'deleting a node, and a subtree',
    async show({ page, beside, visit }) {
      await beside.ensure('/gone/with');
      for (let at = 0; at < 150; at++) await beside.ensure(`/gone/with/${at % 15}/${at}`);
      await visit('/gone/with/3/3');
      await page.getByRole('button', { name: 'Delete' }).click();
      const dialog = page.getByRole('dialog', { name: /^Delete/ });
      const confirm = dialog.getByRole('button', { name: /^Delete/ });
      await dialog.getByRole('textbox').fill('4');
      demand(await confirm.isDisabled(), 'Delete with another name');
      await dialog.getByRole('textbox').fill('3');
      await confirm.click();
      await page.getByText('Deleted /gone/with/3/3', { exact: true }).waitFor();
      await visit('/gone');
      await page.getByRole('button', { name: 'Delete' }).click();
      await dialog.getByText('165 nodes below it').waitFor();
      await dialog.getByRole('textbox').fill('gone');
      await confirm.click();
      await page.getByText('Deleted /gone and 165 below it').waitFor();
      demand((await beside.exists('/gone')) === undefined, 'it is still there');
      return 'each after its name was typed; 166 nodes, the lowest first';
    },
  },
  {
    name: 'an ACL, and no permission',
    async show({ page, beside, visit }) {
      await beside.create('/data/shut', 'for ann');
      await visit('/data/shut', '?tab=acl');
      await page.getByRole('button', { name: 'Add an entry' }).click();
      const { scheme, id } = digestOf('ann', 'secret');
      await page.getByLabel('Scheme of entry 2').selectOption(scheme);
      await page.getByLabel('Identity of entry 2').fill(id);
      for (const [name] of Object.entries(permissions)) {
        if (name === 'read' || name === 'all') continue;
        const label = `${name[0]!.toUpperCase()}${name.slice(1)}, entry 2`;
        await page.getByLabel(label).check();
      }
      await page.getByLabel('Remove entry 1').click();
      await page.getByRole('button', { name: 'Save the ACL' }).click();
      await page.getByText('The ACL is saved').waitFor();
      await visit('/');
      // What the page holds of a node is forgotten a moment after nobody looks at it.
      await page.waitForTimeout(500);
      await visit('/data/shut');
      await page.getByText('No permission to read this node').waitFor();
      await page.getByRole('button', { name: 'Add an identity' }).click();
      const dialog = page.getByRole('dialog', { name: 'Identity' });
      await dialog.getByLabel('User').fill('ann');
      await dialog.getByLabel('Password').fill('secret');
      await dialog.getByRole('button', { name: 'Add' }).click();
      const field = dataField(page, '/data/shut');
      await shows(field, 'for ann');
      return 'is changed entry by entry; an identity opens what is shut';
    },
  },
  {
    name: 'a path that is gone',
    async show({ page, beside, visit }) {
      await beside.create('/data/going', 'before');
      await visit('/data/going');
      const field = dataField(page, '/data/going');
      await shows(field, 'before');
      await field.fill('typed and not saved');
      await beside.delete('/data/going');
      await page.getByText('There is no node at this path').waitFor();
      demand(
        (await page.getByLabel('What you typed is kept').inputValue()) === 'typed and not saved',
        'lost',
      );
      await page.getByRole('button', { name: 'Create it with this data' }).click();
      await line(page, '/data/going').waitFor();
      const stored = await beside.getData('/data/going', { codec: text });
      demand(stored === 'typed and not saved', stored);
      return 'keeps what was typed, and can be made again with it';
    },
  },
  {
    name: 'a quota: set, filled, told by the nodes below, removed',
    async show({ page, beside, visit }) {
      await beside.ensure('/quoted/below');
      await visit('/quoted', '?tab=quota');
      const pane = page.getByRole('region', { name: 'Quota' });
      await pane.getByText('There is no quota for this tree.').waitFor();
      await pane.getByLabel('Nodes, hard limit').fill('some');
      await pane.getByRole('button', { name: 'Save the quota' }).click();
      await pane.getByText('"some" is no limit').waitFor();
      await page.getByRole('tab', { name: 'ACL' }).click();
      await page.getByRole('button', { name: 'Add an entry' }).click();
      await page.getByRole('tab', { name: 'Quota' }).click();
      demand((await pane.getByLabel('Nodes, hard limit').inputValue()) === 'some', 'not kept');
      await page.getByRole('tab', { name: 'ACL' }).click();
      await page.getByLabel('Identity of entry 2').waitFor();
      await page.getByRole('button', { name: 'Discard' }).click();
      await page.getByRole('tab', { name: 'Quota' }).click();
      await pane.getByLabel('Nodes, hard limit').fill('1,000');
      await pane.getByLabel('Bytes, soft limit').fill('10');
      await pane.getByRole('button', { name: 'Save the quota' }).click();
      await page.getByText('The quota is set').waitFor();
      await pane.getByText('2 used, hard limit 1,000').waitFor();
      const limits = '/zookeeper/quota/quoted/zookeeper_limits';
      const stored = await beside.getData(limits, { codec: text });
      demand(/^count=-1,bytes=10=.*;countHardLimit=1000/.test(stored), stored);
      await beside.set('/quoted/below', 'more than ten bytes');
      await pane.getByText('19 B used, soft limit 10 B').waitFor();
      await pane.getByText('over the soft limit').waitFor();
      await visit('/quoted/below', '?tab=quota');
      await pane.getByText('It counts towards the quota of').waitFor();
      await pane.getByRole('link', { name: '/quoted' }).click();
      await page.getByRole('heading', { name: 'quoted' }).waitFor();
      const problems = await problemsOf(page);
      demand(problems.length === 0, problems);
      await pane.getByRole('button', { name: 'Remove the quota' }).click();
      await pane.getByText('There is no quota for this tree.').waitFor();
      demand((await beside.exists('/zookeeper/quota/quoted')) === undefined, 'a folder left');
      await visit('/zookeeper', '?tab=quota');
      await page.getByText('can have no quota').waitFor();
      return 'what is typed stays, wrong or not, while another tab is looked at; bars follow';
    },
  },
];
