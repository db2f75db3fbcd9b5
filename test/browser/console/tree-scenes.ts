/** Looking at the tree: paths, keys, changes as they come, names like HTML, many children. */
import { readFile } from 'node:fs/promises';
import { dataField, demand, line, type Scene, until } from './scene.js';
import type { Stage } from './stage.js';

const EVIL = '<img src=x onerror="window.harmed=1">';
const EVIL_DATA = '<script>window.harmed=1</script><b>bold</b>';

/** Scrolls all over the tree; the longest time to a frame, ms. */
const SCROLLING = `(async () => {
  const tree = document.querySelector('[role=tree]');
  let worst = 0;
  for (let step = 0; step < 40; step++) {
    const from = performance.now();
    tree.scrollTop = (step * 997331) % tree.scrollHeight;
    await new Promise((resolve) => requestAnimationFrame(resolve));
    worst = Math.max(worst, performance.now() - from);
  }
  return worst;
})()`;

export const treeScenes: readonly Scene[] = [
  {
    name: 'first paint',
    async show({ page }) {
      await page.getByRole('tree').waitFor();
      const ms = await page.evaluate(
        () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1,
      );
      demand(ms >= 0, ms);
      return `after ${Math.round(ms)} ms`;
    },
  },
  {
    name: 'the tree by the keyboard',
    async show({ page, beside, visit }) {
      await beside.ensure('/keys/one/deep');
      await beside.ensure('/keys/two');
      await visit('/');
      await line(page, '/keys').waitFor();
      await page.getByRole('tree').focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('k');
      await page.keyboard.press('ArrowRight');
      await line(page, '/keys/one').waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowRight');
      await line(page, '/keys/one/deep').waitFor();
      await page.keyboard.press('ArrowDown');
      const wanted = `row-${encodeURIComponent('/keys/one/deep')}`;
      const active = () => page.getByRole('tree').getAttribute('aria-activedescendant');
      await until(active, (id) => id === wanted);
      await page.keyboard.press('Enter');
      demand(page.url().endsWith('#/tree/keys/one/deep'), page.url());
      await page.getByRole('heading', { name: 'deep' }).waitFor();
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowLeft');
      await until(
        () => line(page, '/keys/one/deep').count(),
        (count) => count === 0,
      );
      const level = await line(page, '/keys/one').getAttribute('aria-level');
      demand(level === '3', level);
      return 'arrows, letters and Enter lead to a node, and levels are told';
    },
  },
  {
    name: 'an address that leads deep, and the way back',
    async show({ page, beside, visit }) {
      await beside.ensure('/deep/a/b/c');
      await visit('/deep/a/b/c', '?tab=stat');
      await line(page, '/deep/a/b/c').waitFor();
      await page.getByRole('tab', { name: 'Stat', selected: true }).waitFor();
      await page.getByText('Persistent: it stays until').waitFor();
      await line(page, '/deep/a').click();
      await page.goBack();
      await page.getByRole('heading', { name: 'c', exact: true }).waitFor();
      return 'opens every node above, and the browser goes back';
    },
  },
  {
    name: 'going to a path, and searching',
    async show({ page, beside, visit }) {
      await beside.ensure('/find/alpha/needle-1');
      await beside.ensure('/find/beta/Needle-2');
      await visit('/');
      await page.keyboard.press('/');
      const field = page.getByRole('combobox', { name: /go to a path/ });
      await field.fill('/find/al');
      await page.getByRole('option', { name: '/find/alpha' }).waitFor();
      await field.press('Tab');
      await page.getByRole('option', { name: '/find/alpha/needle-1' }).waitFor();
      await field.press('ArrowDown');
      await field.press('Enter');
      await page.getByRole('heading', { name: 'needle-1' }).waitFor();
      await field.fill('needle');
      await field.press('Enter');
      const results = page.getByRole('region', { name: 'Search results' });
      await results.getByText(/^2 of /).waitFor();
      await results.getByRole('button', { name: '/find/beta/Needle-2' }).click();
      await page.getByRole('heading', { name: 'Needle-2' }).waitFor();
      await beside.set('/find/alpha', 'behind 1,000 words: a HayStack, and more behind it');
      await field.fill('haystack');
      await field.press('Enter');
      await results.getByText('No name holds this text.').waitFor();
      await results.getByRole('button', { name: 'Data, too' }).click();
      await results.getByText(/^1 of /).waitFor();
      await results.getByText('a HayStack, and').waitFor();
      await results.getByRole('button', { name: '/find/alpha' }).click();
      await page.getByRole('heading', { name: 'alpha' }).waitFor();
      await page.getByRole('button', { name: 'Close the search' }).click();
      return 'names are offered and completed, both cases found, and data when asked for';
    },
  },
  {
    name: 'changes as they come',
    async show({ page, beside, visit }) {
      await beside.ensure('/live');
      await visit('/live');
      await line(page, '/live').waitFor();
      await page.getByRole('tree').focus();
      await page.keyboard.press('ArrowRight');
      const changes = page.getByRole('region', { name: 'Changes' });
      await changes.getByRole('button', { name: /^Changes/ }).click();
      await changes.getByRole('button', { name: 'Clear' }).click();
      const began = performance.now();
      await beside.create('/live/one', 'x', { mode: 'ephemeral' });
      await page.locator('.row.flash-created').first().waitFor();
      const ms = performance.now() - began;
      const owner = `0x${beside.session!.id.toString(16)}`;
      await line(page, '/live/one').getByText(owner).waitFor();
      await beside.set('/live/one', 'y');
      await page.locator('.row.flash-changed').first().waitFor();
      await changes.getByLabel('Filter changes by path').fill('/live');
      await changes.getByRole('button', { name: /created.*\/live\/one/ }).waitFor();
      await changes.getByRole('button', { name: 'created', exact: true }).click();
      await changes.getByRole('button', { name: /created.*\/live/ }).waitFor({ state: 'hidden' });
      await changes.getByRole('button', { name: 'Hold' }).click();
      await beside.delete('/live/one');
      await changes.getByText(/held, [1-9]\d* more/).waitFor();
      await until(
        () => line(page, '/live/one').count(),
        (count) => count === 0,
      );
      const loading = page.waitForEvent('download');
      await changes.getByRole('button', { name: 'Export' }).click();
      const exported = await readFile(await (await loading).path(), 'utf8');
      const types = exported
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text).type);
      demand(types.length === 1 && types[0] === 'nodeDataChanged', exported);
      await changes.getByRole('button', { name: 'Go on' }).click();
      await changes.getByRole('button', { name: /deleted.*\/live\/one/ }).waitFor();
      await changes.getByRole('button', { name: /^Changes/ }).click();
      return `seen within ${Math.round(ms)} ms; filtered, held and taken along`;
    },
  },
  {
    name: 'names and data that look like HTML',
    async show({ page, beside, visit, complaints }) {
      const path = `/evil/${EVIL}`;
      await beside.ensure('/evil');
      for (const name of [
        EVIL,
        'javascript:alert(1)',
        '"><svg onload=alert(1)>',
        '\u202egpj.exe',
      ]) {
        await beside.create(`/evil/${name}`, EVIL_DATA);
      }
      await visit(path);
      await line(page, path).waitFor();
      const shown = await line(page, path).locator('.name').textContent();
      demand(shown === EVIL, shown);
      const data = await dataField(page, path).inputValue();
      demand(data === EVIL_DATA, data);
      await page.getByText('\\u{202e}gpj.exe').waitFor();
      const harmed = await page.evaluate(() => 'harmed' in globalThis);
      const made = await page.locator('main img, main script, main b').count();
      demand(!harmed && made === 0 && complaints.length === 0, { harmed, made, complaints });
      return 'are texts, and the policy of the page had nothing to stop';
    },
  },
  {
    name: 'very many children of one node',
    show: manyChildren,
  },
];

async function manyChildren({ page, beside, visit, short }: Stage): Promise<string> {
  const count = short ? 40_000 : 200_000;
  const name = (at: number) => `/many/child-${String(at).padStart(6, '0')}`;
  await beside.ensure('/many');
  for (let at = 0; at < count; at += 1_000) {
    const creations = Array.from({ length: 1_000 }, (_, each) => {
      return { op: 'create', path: name(at + each) } as const;
    });
    await beside.multi(creations);
  }
  await visit('/many');
  await line(page, '/many').waitFor();
  await page.getByRole('tree').focus();
  const began = performance.now();
  await page.keyboard.press('ArrowRight');
  await line(page, name(0)).waitFor();
  const opened = performance.now() - began;
  const rows = await page.getByRole('treeitem').count();
  demand(rows < 120, rows);
  const size = await line(page, name(0)).getAttribute('aria-setsize');
  demand(size === String(count), size);
  await page.keyboard.press('End');
  await page.keyboard.press('Home');
  await visit(name(count - 1));
  await line(page, name(count - 1)).waitFor();
  await beside.create(`${name(count - 1)}b`);
  await line(page, `${name(count - 1)}b`).waitFor();
  const longest = Number(await page.evaluate(SCROLLING));
  await beside.delete(name(5));
  await visit(name(6));
  await line(page, name(6)).waitFor();
  await line(page, name(5)).waitFor({ state: 'detached' });
  const read = `${count} opened in ${Math.round(opened)} ms, ${rows} lines made`;
  await visit('/');
  await page.reload();
  return `${read}, the longest frame of scrolling ${Math.round(longest)} ms`;
}
