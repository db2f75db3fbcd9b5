import { seedsSuite } from './seeds.js';

seedsSuite(151, 200);
