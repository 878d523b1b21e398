// The words of the screens of records, which load with them, beside those everything uses.
import { spoken, words as common } from '../../words.js';
import * as records from '../../words/records.js';

export const words = { ...common, ...spoken(records) };
