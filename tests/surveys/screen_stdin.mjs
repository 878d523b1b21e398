// Screens a JSON list of texts from stdin: [[kind, start in code points, text] …, marking] each, for the server's tests.
import { readFileSync } from 'node:fs';
import { classified, find } from '../../app/client/src/screening.js';

const points = (text, end) => [...text.normalize('NFC').slice(0, end)].length;
const answers = JSON.parse(readFileSync(0, 'utf8')).map((text) => [
  find(text).map((f) => [f.kind, points(text, f.start), f.text]),
  classified(text),
]);
process.stdout.write(JSON.stringify(answers));
