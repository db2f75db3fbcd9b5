/** The rules of znode paths, as ZooKeeper's `PathUtils` has them. */

/**
 * Says what is wrong with `path`, or `undefined` when it is valid: absolute, no empty, `.` or `..`
 * component, no trailing slash, none of the characters U+0000–U+001F, U+007F–U+009F,
 * U+D800–U+F8FF, U+FFF0–U+FFFF.
 */
export function pathProblem(path: string): string | undefined {
  const length = path.length;
  if (length === 0) return 'a path cannot be empty';
  if (path.charCodeAt(0) !== SLASH) return 'a path must start with /';
  if (length === 1) return undefined;
  if (path.charCodeAt(length - 1) === SLASH) return 'a path must not end with /';
  let dots = 0;
  let size = 0;
  for (let i = 1; i <= length; i++) {
    const unit = i < length ? path.charCodeAt(i) : SLASH;
    if (unit === SLASH) {
      if (size === 0) return `an empty name at character ${i}`;
      if (size === dots && dots <= 2) return `a relative name at character ${i - size}`;
      dots = 0;
      size = 0;
      continue;
    }
    if (isForbidden(unit)) {
      return `character U+${unit.toString(16).toUpperCase().padStart(4, '0')} at ${i} is not allowed`;
    }
    if (unit === DOT) dots++;
    size++;
  }
  return undefined;
}

/** Whether `path` is valid; see {@link pathProblem} for the rules. */
export function isValidPath(path: string): boolean {
  return pathProblem(path) === undefined;
}

/** Path of the parent: `/` for top-level nodes and for `/` itself. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** Last component of a path; empty for `/`. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Path of the child `name` of `parent`. */
export function childOf(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`;
}

/** The suffix of a sequential node: ten digits, or more with a sign once the counter overflowed. */
export function sequenceSuffix(counter: number): string {
  return counter < 0 ? `-${String(-counter).padStart(9, '0')}` : String(counter).padStart(10, '0');
}

const SLASH = 0x2f;
const DOT = 0x2e;

function isForbidden(unit: number): boolean {
  return (
    unit <= 0x1f ||
    (unit >= 0x7f && unit <= 0x9f) ||
    (unit >= 0xd800 && unit <= 0xf8ff) ||
    unit >= 0xfff0
  );
}
