// Several fixes of a phone that stands still, made into one place with an error that doesn't flatter.

import { distance } from './fixes.js';

const METRES_PER_DEGREE = 111320;
// Fixes a second apart see the same satellites through the same air: they err alike. Only after about a minute does
// another one count as independent, and four of those are as many as anybody stands for.
const INDEPENDENT_MS = 60_000;
const INDEPENDENT_AT_MOST = 4;
// What a phone says under this is more than its receiver can know.
const LEAST_METRES = 1;

const weightOf = ({ accuracy }) => 1 / Math.max(accuracy, LEAST_METRES) ** 2;

/**
 * Fixes ({latitude, longitude, altitude, accuracy, at: ms}) → {latitude, longitude, altitude, accuracy, n}, each weighed by
 * 1 / accuracy². The error is what independent fixes would leave, never below how far the fixes themselves scatter.
 */
export function averageOf(fixes) {
  const weights = fixes.map(weightOf);
  const sum = weights.reduce((a, b) => a + b, 0);
  const mean = (key) => fixes.reduce((total, fix, i) => total + fix[key] * weights[i], 0) / sum;
  const high = fixes.filter(({ altitude }) => altitude !== null);
  const place = {
    latitude: mean('latitude'),
    longitude: mean('longitude'),
    altitude: high.length ? high.reduce((total, { altitude }) => total + altitude, 0) / high.length : null,
  };
  const typical = mean('accuracy');
  const lasted = fixes.at(-1).at - fixes[0].at;
  const independent = Math.min(fixes.length, INDEPENDENT_AT_MOST, 1 + Math.floor(lasted / INDEPENDENT_MS));
  const scale = Math.cos((place.latitude * Math.PI) / 180);
  const scatter = Math.sqrt(
    fixes.reduce((total, { latitude, longitude }, i) => {
      const north = (latitude - place.latitude) * METRES_PER_DEGREE;
      const east = (longitude - place.longitude) * METRES_PER_DEGREE * scale;
      return total + (north ** 2 + east ** 2) * weights[i];
    }, 0) / sum,
  );
  return { ...place, accuracy: Math.max(typical / Math.sqrt(independent), scatter, LEAST_METRES), n: fixes.length };
}

/** Whether a fix can't be of the place the average stands for: farther than both errors together. */
export function moved(average, fix) {
  return distance(average, fix) > average.accuracy + fix.accuracy;
}
