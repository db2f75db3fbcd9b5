import { seedsSuite } from './seeds.js';

seedsSuite(101, 150);
