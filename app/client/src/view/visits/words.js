// The sentences of these screens: those every screen has, and those of visits, which the first form doesn't need.
import * as visits from '../../words/visits.js';
import { spoken, words as all } from '../../words.js';

export const words = { ...all, ...spoken(visits) };
