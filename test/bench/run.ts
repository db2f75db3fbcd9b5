/**
 * `npm run bench -- [recipes|barriers|console|audit]`: the first word says what is measured;
 * without one it is a server. The options are those of each program.
 */
const programs: Readonly<Record<string, () => Promise<unknown>>> = {
  recipes: () => import('./recipes/main.js'),
  barriers: () => import('./recipes/barriers-main.js'),
  audit: () => import('./audit-main.js'),
  console: () => import('./console/main.js'),
};

await (programs[process.argv[2] ?? ''] ?? (() => import('./main.js')))();
