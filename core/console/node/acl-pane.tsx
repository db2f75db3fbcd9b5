import { useSignal } from '@preact/signals';
import { type Acl, type AclValue, type Client, permissions } from '@vivarium/core';
import { useEffect } from 'preact/hooks';
import { errorWords } from '../parts/error-words.js';
import { Icon } from '../parts/icon.js';
import { Notice, Strip } from '../parts/notice.js';
import { toast } from '../parts/toast.js';
import { formOf, setForm } from './drafts.js';

const words = [
  ['read', 'Read', 'see the data and the list of children'],
  ['write', 'Write', 'change the data'],
  ['create', 'Create', 'create children'],
  ['delete', 'Delete', 'delete children'],
  ['admin', 'Admin', 'change this ACL'],
] as const;

const schemes = ['world', 'auth', 'digest', 'ip', 'x509', 'sasl'];

const hints: Readonly<Record<string, string>> = {
  world: 'anyone',
  auth: 'every identity of this page; leave it empty',
  digest: 'user:hash, the hash as ZooKeeper makes it',
  ip: 'address or address/bits',
};

/** Who may do what with a node, to be read and changed. */
export function AclPane({
  zk,
  path,
  aversion,
}: {
  readonly zk: Client;
  readonly path: string;
  /** Counts changes: with another one the ACL is read again. */
  readonly aversion: number;
}) {
  const stored = useSignal<AclValue | undefined>(undefined);
  const failed = useSignal<unknown>(undefined);
  const draft = formOf(path, 'acl');
  const problem = useSignal<string | undefined>(undefined);
  const isSaving = useSignal(false);
  const load = async () => {
    try {
      stored.value = await zk.getAcl(path);
      failed.value = undefined;
    } catch (error) {
      failed.value = error;
    }
  };
  useEffect(() => void load(), [zk, path, aversion]);
  if (failed.value !== undefined) {
    return (
      <Notice icon="lock" title="The ACL may not be read" tone="warn">
        <p>{errorWords(failed.value)}</p>
      </Notice>
    );
  }
  if (stored.value === undefined) return <p class="verdict">Reading the ACL …</p>;
  const rows = draft?.acl ?? stored.value.acl;
  const change = (acl: readonly Acl[]) => {
    const base = formOf(path, 'acl')?.base ?? stored.value!.stat.aversion;
    setForm(path, 'acl', { acl, base });
  };
  const changeRow = (at: number, row: Acl) => {
    change(rows.map((each, index) => (index === at ? row : each)));
  };
  const save = async (version: number) => {
    isSaving.value = true;
    problem.value = undefined;
    try {
      await zk.setAcl(path, rows, { version });
      setForm(path, 'acl', undefined);
      toast('The ACL is saved');
    } catch (error) {
      problem.value = errorWords(error);
    } finally {
      isSaving.value = false;
    }
    await load();
  };
  const isBehind = draft !== undefined && stored.value.stat.aversion !== draft.base;
  const hasAdmin = rows.some(({ perms }) => (perms & permissions.admin) !== 0);
  return (
    <section class="acl" aria-label="ACL">
      <div class="table-wrap">
        <table>
          <thead>
            <tr>
              <th scope="col">Scheme</th>
              <th scope="col">Identity</th>
              {words.map(([name, label, what]) => (
                <th key={name} scope="col" class="centre" title={what}>
                  {label}
                </th>
              ))}
              <th scope="col">
                <span class="unseen">Remove</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => (
              <tr key={at}>
                <td>
                  <select
                    aria-label={`Scheme of entry ${at + 1}`}
                    value={row.id.scheme}
                    onChange={({ currentTarget: { value: scheme } }) => {
                      const id = scheme === 'world' ? 'anyone' : scheme === 'auth' ? '' : row.id.id;
                      changeRow(at, { ...row, id: { scheme, id } });
                    }}
                  >
                    {[...new Set([...schemes, row.id.scheme])].map((scheme) => (
                      <option key={scheme}>{scheme}</option>
                    ))}
                  </select>
                </td>
                <td>
                  <input
                    class="mono"
                    aria-label={`Identity of entry ${at + 1}`}
                    placeholder={hints[row.id.scheme]}
                    value={row.id.id}
                    onInput={({ currentTarget: { value: id } }) => {
                      changeRow(at, { ...row, id: { ...row.id, id } });
                    }}
                  />
                </td>
                {words.map(([name, label]) => (
                  <td key={name} class="centre">
                    <input
                      type="checkbox"
                      aria-label={`${label}, entry ${at + 1}`}
                      checked={(row.perms & permissions[name]) !== 0}
                      onChange={() =>
                        changeRow(at, { ...row, perms: row.perms ^ permissions[name] })
                      }
                    />
                  </td>
                ))}
                <td>
                  <button
                    type="button"
                    class="quiet square"
                    aria-label={`Remove entry ${at + 1}`}
                    onClick={() => change(rows.filter((_, index) => index !== at))}
                  >
                    <Icon name="close" />
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {draft !== undefined && !hasAdmin && (
        <Strip icon="warn" tone="warn">
          Nobody will be able to change this ACL again: no entry has Admin.
        </Strip>
      )}
      {isBehind && (
        <Strip icon="warn" tone="warn">
          <strong>Changed by somebody else.</strong> Stored now:{' '}
          {stored.value.acl.map(aclText).join(', ')}
        </Strip>
      )}
      {problem.value !== undefined && (
        <Strip icon="warn" tone="danger">
          <strong>Not saved.</strong> {problem.value}
        </Strip>
      )}
      <div class="bar">
        <button
          type="button"
          onClick={() =>
            change([...rows, { perms: permissions.read, id: { scheme: 'world', id: 'anyone' } }])
          }
        >
          <Icon name="plus" /> Add an entry
        </button>
        <span class="grow" />
        <button
          type="button"
          disabled={draft === undefined || isSaving.value}
          onClick={() => {
            setForm(path, 'acl', undefined);
            problem.value = undefined;
          }}
        >
          Discard
        </button>
        <button
          type="button"
          class={isBehind ? 'danger' : 'main'}
          disabled={draft === undefined || rows.length === 0 || isSaving.value}
          onClick={() => {
            const { aversion: theirs } = stored.value!.stat;
            void save(isBehind ? theirs : (draft?.base ?? theirs));
          }}
        >
          {isBehind ? 'Overwrite theirs' : 'Save the ACL'}
        </button>
      </div>
      <p class="verdict">An ACL is for this node alone: its children have their own.</p>
    </section>
  );
}

/** An entry as `zkCli.sh` takes it. */
function aclText({ perms, id }: Acl): string {
  const letters = { create: 'c', delete: 'd', read: 'r', write: 'w', admin: 'a' } as const;
  const held = Object.entries(letters).filter(([name]) => {
    return (perms & permissions[name as keyof typeof letters]) !== 0;
  });
  return `${id.scheme}:${id.id}:${held.map(([, letter]) => letter).join('')}`;
}
