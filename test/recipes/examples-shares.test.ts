import { examplesSuite } from './examples-suite.js';

examplesSuite('shares');
