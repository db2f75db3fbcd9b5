import { useSignal } from '@preact/signals';
import type { Client } from '@vivarium/core';
import { useEffect } from 'preact/hooks';
import { whileSeen } from '../ask.js';
import { bytesText, countText } from '../format.js';
import { errorWords } from '../parts/error-words.js';
import { Strip } from '../parts/notice.js';
import { toast } from '../parts/toast.js';
import { visibleName } from '../paths.js';
import { hashOf } from '../route.js';
import { formOf, setForm } from './drafts.js';
import {
  type LimitName,
  type Limits,
  limitIn,
  mayHaveQuota,
  type Quota,
  readQuota,
  removeQuota,
  writeQuota,
} from './quota.js';

/** The counters of a quota change without a word to anybody. */
const EVERY_MS = 3_000;

const fields: readonly (readonly [name: LimitName, label: string])[] = [
  ['count', 'Nodes, soft limit'],
  ['countHard', 'Nodes, hard limit'],
  ['bytes', 'Bytes, soft limit'],
  ['bytesHard', 'Bytes, hard limit'],
];

interface PaneParts {
  readonly zk: Client;
  readonly path: string;
}

/** What may be in a tree, how much of that there is, and setting other limits. */
export function QuotaPane({ zk, path }: PaneParts) {
  const quota = useSignal<Quota | 'none' | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const isBusy = useSignal(false);
  const again = useSignal(0);
  const may = mayHaveQuota(path);
  const typed = formOf(path, 'quota');
  useEffect(() => {
    if (!may) return undefined;
    return whileSeen(async () => {
      try {
        quota.value = (await readQuota(zk, path)) ?? 'none';
      } catch (error) {
        problem.value = errorWords(error);
      }
    }, EVERY_MS);
  }, [zk, path, may, again.value, quota, problem]);
  if (!may) {
    return <p class="verdict">The root, and what ZooKeeper keeps for itself, can have no quota.</p>;
  }
  const known = quota.value;
  if (known === undefined) {
    return <p class="verdict">{problem.value ?? 'Reading the quota …'}</p>;
  }
  const own = known !== 'none' && known.path === path ? known : undefined;
  const above = known !== 'none' && own === undefined ? known : undefined;
  const shownIn = (name: LimitName) => typed?.[name] ?? own?.limits[name]?.toString() ?? '';
  const change = async (work: () => Promise<void>, done: string) => {
    isBusy.value = true;
    problem.value = undefined;
    try {
      await work();
      setForm(path, 'quota', undefined);
      toast(done);
    } catch (error) {
      problem.value = errorWords(error);
    }
    isBusy.value = false;
    again.value++;
  };
  const save = () => {
    return change(async () => {
      const entries = fields.map(([name]) => [name, limitIn(shownIn(name))] as const);
      await writeQuota(zk, path, Object.fromEntries(entries) as unknown as Limits);
    }, 'The quota is set');
  };
  return (
    <section class="quota" aria-label="Quota">
      {own !== undefined && <Bars quota={own} />}
      {above !== undefined && (
        <>
          <p>
            It counts towards the quota of{' '}
            <a href={hashOf({ page: 'tree', path: above.path, query: { tab: 'quota' } })}>
              {visibleName(above.path)}
            </a>
            . Quotas do not nest.
          </p>
          <Bars quota={above} />
        </>
      )}
      {above === undefined && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          {own === undefined && <p class="verdict">There is no quota for this tree.</p>}
          <div class="quota-fields">
            {fields.map(([name, label]) => (
              <label key={name}>
                {label}
                <input
                  class="numbers"
                  inputMode="numeric"
                  placeholder="no limit"
                  value={shownIn(name)}
                  onInput={({ currentTarget: { value } }) => {
                    setForm(path, 'quota', { ...formOf(path, 'quota'), [name]: value });
                  }}
                />
              </label>
            ))}
          </div>
          {problem.value !== undefined && (
            <Strip icon="warn" tone="danger">
              <strong>Not done.</strong> {problem.value}
            </Strip>
          )}
          <div class="bar">
            {own !== undefined && (
              <button
                type="button"
                class="danger"
                disabled={isBusy.value}
                onClick={() => void change(() => removeQuota(zk, path), 'The quota is removed')}
              >
                Remove the quota
              </button>
            )}
            <span class="grow" />
            <button
              type="button"
              disabled={isBusy.value || typed === undefined}
              onClick={() => {
                setForm(path, 'quota', undefined);
                problem.value = undefined;
              }}
            >
              Discard
            </button>
            <button type="submit" class="main" disabled={isBusy.value || typed === undefined}>
              Save the quota
            </button>
          </div>
          <p class="hint">
            Nodes are those of the whole tree, this one included; bytes are those of their data.
            What goes beyond a soft limit is told in the server's log, a write beyond a hard one is
            refused where the server enforces quotas.
          </p>
        </form>
      )}
    </section>
  );
}

function Bars({ quota }: { readonly quota: Quota }) {
  const { count, bytes, limits } = quota;
  return (
    <dl class="quota-bars">
      <Bar name="Nodes" used={count} soft={limits.count} hard={limits.countHard} text={countText} />
      <Bar name="Bytes" used={bytes} soft={limits.bytes} hard={limits.bytesHard} text={bytesText} />
    </dl>
  );
}

interface BarParts {
  readonly name: string;
  readonly used: number;
  readonly soft: number | undefined;
  readonly hard: number | undefined;
  readonly text: (value: number) => string;
}

function Bar({ name, used, soft, hard, text }: BarParts) {
  const limit = hard ?? soft;
  const isOverHard = hard !== undefined && used > hard;
  const isOver = isOverHard || (soft !== undefined && used > soft);
  const share = limit === undefined ? 0 : Math.min(1, used / Math.max(limit, 1));
  const words = [
    `${text(used)} used`,
    soft === undefined ? '' : `soft limit ${text(soft)}`,
    hard === undefined ? '' : `hard limit ${text(hard)}`,
    limit === undefined ? 'no limit' : '',
  ];
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <div class={`track ${isOver ? 'over' : ''}`} aria-hidden="true">
          <div class="fill" style={{ width: `${(100 * share).toFixed(1)}%` }} />
        </div>
        <span class="numbers">{words.filter(Boolean).join(', ')}</span>
        {isOver && <strong class="bad"> over the {isOverHard ? 'hard' : 'soft'} limit</strong>}
      </dd>
    </div>
  );
}
