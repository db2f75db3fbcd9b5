import { examplesSuite } from './examples-suite.js';

examplesSuite('ids');
