import { openServer } from '../compliance/server.js';
import { recipesSuite } from './recipes-suite.js';

recipesSuite('recipes', () => openServer(({ connectString }) => connectString), ['groups']);
