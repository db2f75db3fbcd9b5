import { clientSuite } from './client-suite.js';
import { openServer } from './server.js';

clientSuite('TCP', () => openServer(({ connectString }) => connectString));
