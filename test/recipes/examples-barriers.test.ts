import { examplesSuite } from './examples-suite.js';

examplesSuite('barriers');
