import { examplesSuite } from './examples-suite.js';

examplesSuite('locks');
