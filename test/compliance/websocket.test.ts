import { clientSuite } from './client-suite.js';
import { openServer } from './server.js';

clientSuite('WebSocket', () => openServer(({ connectString }) => `ws://${connectString}`));
