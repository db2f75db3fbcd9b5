/** The dashboard and the alarms under docs/deploy name metrics that servers have. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderPrometheus } from '@vivarium/core/internal/admin/prometheus';
import { createMetrics } from '@vivarium/core/internal/peer/metrics';
import * as assert from 'uvu/assert';
import { adminContext, peerView } from '../support/admin-context.js';
import { leaderView } from '../support/quorum-view.js';
import { suite } from '../support/suite.js';
import { top } from './repository.js';

const read = (name: string) => readFileSync(join(top, 'docs/deploy', name), 'utf8');

/** Every sample that a leader gives, and what Prometheus adds. */
function known(): ReadonlySet<string> {
  const view = peerView({ mode: 'leader', quorum: leaderView(), metrics: createMetrics() });
  const text = renderPrometheus(adminContext(view));
  return new Set(['up', ...[...text.matchAll(/^(\w+)/gm)].map(([, name]) => name!)]);
}

/** Words of PromQL that are no metrics and no functions. */
const WORDS = new Set(['or', 'and', 'by', 'on']);

function metricsOf(expression: string): readonly string[] {
  const bare = expression.replace(/\{[^}]*\}|\[[^\]]*\]/g, ' ');
  const names = [...bare.matchAll(/[A-Za-z_]\w*(?!\w*\s*\()/g)].map(([name]) => name);
  return names.filter((name) => !WORDS.has(name));
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets: readonly { readonly expr: string }[];
}

suite('what is given to Grafana and Prometheus', (test) => {
  test('the dashboard asks only for metrics that there are', () => {
    const { panels } = JSON.parse(read('grafana-dashboard.json')) as { panels: readonly Panel[] };
    const names = known();
    let asked = 0;
    for (const { title, targets } of panels) {
      for (const { expr } of targets) {
        const metrics = metricsOf(expr);
        assert.ok(metrics.length > 0, `${title}: ${expr}`);
        for (const metric of metrics) assert.ok(names.has(metric), `${title}: ${metric}`);
        asked += metrics.length;
      }
    }
    assert.ok(asked > 20);
  });

  test('its panels have numbers of their own and lie beside each other', () => {
    const { panels } = JSON.parse(read('grafana-dashboard.json')) as { panels: readonly Panel[] };
    assert.is(new Set(panels.map(({ id }) => id)).size, panels.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.not.ok(taken.has(`${x} ${y}`), title);
          taken.add(`${x} ${y}`);
        }
      }
    }
  });

  test('the alarms ask only for metrics that there are, and each says what it means', () => {
    const text = read('alerts.yml');
    const rules = text.split(/^ {6}- alert: /m).slice(1);
    assert.ok(rules.length >= 10);
    const names = known();
    for (const rule of rules) {
      const expression = /^ {8}expr:(?: >-\n)?([\s\S]*?)\n {8}(?:for|labels):/m.exec(rule)?.[1];
      assert.ok(expression !== undefined, rule);
      const metrics = metricsOf(expression);
      assert.ok(metrics.length > 0, expression);
      for (const metric of metrics) assert.ok(names.has(metric), metric);
      for (const part of ['severity: ', 'summary: ', 'description: ']) assert.match(rule, part);
    }
  });
});
