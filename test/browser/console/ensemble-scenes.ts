/** The ensemble page: who leads and lags, charts and events, also while servers die. */
import type { Page } from 'playwright-core';
import { Ensemble } from '../../interop/ensemble/ensemble.js';
import { problemsOf } from './axe.js';
import { demand, type Scene, until } from './scene.js';
import { addressOf, type Stage } from './stage.js';

const servers = (page: Page) => page.getByRole('group', { name: 'Servers of the ensemble' });

/** How a server stands to its leader, in the words of its card. */
const links = (page: Page, words: string) =>
  servers(page).locator('.card-link').filter({ hasText: words });

/** The newest value of a column, as the server itself says it. */
async function newest(address: string, column: string): Promise<unknown> {
  const answer = await fetch(`${address}commands/history`);
  const { columns, rows } = (await answer.json()) as { columns: string[]; rows: unknown[][] };
  return rows.at(-1)?.[columns.indexOf(column)];
}

/** Opens the page at the leader, which knows of everybody. */
async function openAtLeader({ page, ensemble }: Stage) {
  const leader = await ensemble.untilLed();
  await page.goto(`${addressOf(leader)}#/ensemble`);
  await links(page, 'in step').nth(1).waitFor();
  return leader;
}

export const ensembleScenes: readonly Scene[] = [
  {
    name: 'the ensemble, from a follower and from the leader',
    async show(stage) {
      const { page, ensemble, server } = stage;
      await page.goto(`${addressOf(server)}#/ensemble`);
      await links(page, 'leads').waitFor();
      const known = await servers(page).locator('.card').count();
      demand(known === ensemble.members.length, known);
      await page.getByText(/How far the others are, the leader knows/).waitFor();
      await links(page, 'its leader knows').waitFor();
      const leader = await openAtLeader(stage);
      await page.getByText(`Server ${leader.id} leads, so it knows`).waitFor();
      await page.getByText('Servers as a table').click();
      const rows = page.getByRole('region', { name: 'Servers as a table' }).getByRole('row');
      await until(
        () => rows.count(),
        (count) => count === ensemble.members.length + 1,
      );
      return 'each says what it knows of the others, and the leader how far they are';
    },
  },
  {
    name: 'charts, and the table beside them',
    async show(stage) {
      const { page, beside } = stage;
      const leader = await openAtLeader(stage);
      const charts = page.locator('figure.chart');
      await until(
        () => charts.count(),
        (count) => count === 9,
      );
      await beside.ensure('/charted');
      for (let at = 0; at < 50; at++) await beside.create(`/charted/${at}`);
      const shown = (title: string) =>
        charts.filter({ hasText: title }).locator('.legend strong').first().textContent();
      const count = await until(
        async () => [await shown('Znodes'), await newest(addressOf(leader), 'znodes')],
        ([seen, told]) => Number(String(seen).replaceAll(',', '')) === told && Number(told) > 50,
      );
      const drawn = await charts.first().locator('path.line').first().getAttribute('d');
      demand(/^M[\d.]+ [\d.]+/.test(drawn ?? ''), drawn);
      await page.getByText('Figures as a table').click();
      const table = page.getByRole('region', { name: 'Figures as a table' });
      await table.getByRole('columnheader', { name: 'Znodes' }).waitFor();
      demand((await table.getByRole('row').count()) > 1, 'an empty table');
      await page.locator('.marks').getByText('start', { exact: true }).first().waitFor();
      return `nine charts; ${count[0]} znodes, as the server itself says`;
    },
  },
  {
    name: 'a follower that is killed, seen from the leader',
    async show(stage) {
      const { page, ensemble } = stage;
      const leader = await openAtLeader(stage);
      const victim = ensemble.members.find((member) => member !== leader)!;
      await victim.kill();
      await links(page, 'not connected to the leader').waitFor();
      await page.locator('.marks').getByText('lost a server').first().waitFor();
      await victim.launch();
      await victim.untilServing();
      await links(page, 'in step').nth(1).waitFor();
      const events = page.locator('.marks li');
      const place = (lines: readonly string[], words: string, more = '') =>
        lines.findIndex((line) => line.includes(words) && line.includes(more));
      await until(
        () => events.allTextContents(),
        (lines) => {
          const back = place(lines, 'server in step', `server ${victim.id} at`);
          return back >= 0 && back < place(lines, 'lost a server');
        },
      );
      return 'its link is gone, both events are listed, and it is in step again';
    },
  },
  {
    name: 'an observer',
    async show({ page }) {
      const kinds = ['vivarium', 'vivarium', 'vivarium'] as const;
      const ensemble = await Ensemble.create({ kinds, observers: 1 });
      try {
        await Promise.all(ensemble.members.map((member) => member.launch()));
        await ensemble.untilServing(180_000);
        const leader = await ensemble.untilLed();
        const observer = ensemble.members.find(({ isObserver }) => isObserver)!;
        const card = servers(page).locator('.card', { hasText: `Server ${observer.id}` });
        const stands = (words: string) =>
          card.locator('.card-link').filter({ hasText: words }).waitFor();
        const isObserver = () => card.locator('.card-role', { hasText: /^observer/ }).waitFor();
        await page.goto(`${addressOf(leader)}#/ensemble`);
        await isObserver();
        await stands('connected; acknowledges nothing');
        await page.getByText('2 of 2 voters').waitFor();
        await observer.kill();
        await stands('not connected to the leader');
        await observer.launch();
        await observer.untilServing();
        await stands('connected; acknowledges nothing');
        await page.goto(`${addressOf(observer)}#/ensemble`);
        await stands('serves this page');
        await isObserver();
        return 'is told apart from those who vote, and seen to go and to come';
      } finally {
        await page.goto('about:blank');
        await ensemble.destroy();
      }
    },
  },
  {
    name: 'the server of the ensemble page killed',
    async show({ page, server }) {
      await page.goto(`${addressOf(server)}#/ensemble`);
      await links(page, 'serves this page').waitFor();
      await page.locator('figure.chart').first().waitFor();
      await server.kill();
      await page.getByText('The server does not answer.').waitFor();
      await links(page, 'does not answer').waitFor();
      demand((await page.locator('figure.chart').count()) === 9, 'charts that are gone');
      const starts = page.locator('.marks').getByText('start', { exact: true });
      const before = await starts.count();
      await server.launch();
      await server.untilServing();
      await page.getByText('The server does not answer.').waitFor({ state: 'hidden' });
      await until(
        () => starts.count(),
        (count) => count > before,
      );
      return 'is told; what was drawn stays, and its new life goes on behind it';
    },
  },
  ...(['light', 'dark'] as const).map((scheme) => ({
    name: `contrast and roles of the ensemble page, ${scheme}`,
    async show(stage: Stage) {
      const { page } = stage;
      await page.emulateMedia({ colorScheme: scheme });
      await openAtLeader(stage);
      await page.locator('figure.chart').first().waitFor();
      await page.getByText('Servers as a table').click();
      await page.getByText('Figures as a table').click();
      const problems = [...(await problemsOf(page))];
      await page.setViewportSize({ width: 375, height: 720 });
      const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
      demand(width <= 375, width);
      problems.push(...(await problemsOf(page)));
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.emulateMedia({ colorScheme: 'light' });
      demand(problems.length === 0, problems);
      return 'no violation of WCAG 2.2 AA, on a phone neither';
    },
  })),
];
