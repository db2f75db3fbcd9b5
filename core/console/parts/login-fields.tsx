import type { Signal } from '@preact/signals';

/** A name and a password, as browsers and their keepers of passwords know them. */
export function LoginFields({
  who,
  user,
  password,
  isFirst = false,
}: {
  /** Whose name it is, as the label says it. */
  readonly who: string;
  readonly user: Signal<string>;
  readonly password: Signal<string>;
  /** Whether the dialog begins here. */
  readonly isFirst?: boolean;
}) {
  return (
    <>
      <label>
        {who}
        <input
          autofocus={isFirst}
          autocomplete="username"
          value={user.value}
          onInput={({ currentTarget: { value } }) => {
            user.value = value;
          }}
        />
      </label>
      <label>
        Password
        <input
          type="password"
          autocomplete="current-password"
          value={password.value}
          onInput={({ currentTarget: { value } }) => {
            password.value = value;
          }}
        />
      </label>
    </>
  );
}
