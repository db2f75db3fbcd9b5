import { isZkError } from '@vivarium/core';
import { errorWords } from './error-words.js';
import { Icon } from './icon.js';
import { Notice } from './notice.js';

interface DeniedParts {
  /** Why the node is not read any more. */
  readonly error: unknown;
  readonly onIdentity: () => void;
  readonly onRetry: () => void;
}

/** Stands where a node would be that may not be read, or cannot. */
export function Denied({ error, onIdentity, onRetry }: DeniedParts) {
  if (!isZkError(error, 'NO_AUTH')) {
    return (
      <Notice icon="warn" title="The node cannot be read" tone="danger">
        <p>{errorWords(error)}</p>
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      </Notice>
    );
  }
  return (
    <Notice icon="lock" title="No permission to read this node" tone="warn">
      <p>Its ACL gives Read to none of the identities of this page.</p>
      <button type="button" class="main" onClick={onIdentity}>
        <Icon name="key" /> Add an identity
      </button>
    </Notice>
  );
}
