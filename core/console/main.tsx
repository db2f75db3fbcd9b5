/** The web console: a page that is a client like any other. */
import { render } from 'preact';
import { App } from './app.js';
import { startLink } from './link.js';
import { guardDrafts } from './node/drafts.js';
import { followHistory } from './route.js';
import { followTheme } from './theme.js';
import './style/index.css';

followTheme();
followHistory();
guardDrafts();
render(<App />, document.getElementById('app')!);
void startLink();
