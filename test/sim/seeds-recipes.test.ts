import { seedsSuite } from './seeds.js';

seedsSuite(1, 15, 'recipes');
