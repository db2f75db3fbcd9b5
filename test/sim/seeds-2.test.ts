import { seedsSuite } from './seeds.js';

seedsSuite(51, 100);
