// The sentences about own records, in the language chosen: not needed for the first form.
import * as mine from '../words/mine.js';
import { spoken } from '../words.js';

export const said = spoken(mine);
