// The words of what is fetched only when a map is opened or a place is looked into.
import { words as common, spoken } from '../words.js';
import * as map from '../words/map.js';

export const words = { ...common, ...spoken(map) };
