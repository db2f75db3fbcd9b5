import { seedsSuite } from './seeds.js';

seedsSuite(26, 50);
