// Watching the phone's position while one point is measured: the best so far, or the average while it stands still.

import { computed, onBeforeUnmount, ref, shallowRef } from 'vue';
import { active } from '../vault/idle.js';
import { averageOf, moved } from './average.js';
import { better, fixOf } from './fixes.js';

const WATCH = { enableHighAccuracy: true, maximumAge: 0, timeout: 60000 };
// One stray fix is no walk.
const STRAYS = 2;

/**
 * `gate` metres are good enough: the first fix within is given to `done(place)` unless an average is being taken.
 * `mode`: '' (not measuring), 'best', 'average'. `failure`: '' | 'denied' | 'unavailable' | 'moved'.
 */
export function useMeasuring(gate, done) {
  const mode = ref('');
  const failure = ref('');
  const best = shallowRef(null);
  const fixes = shallowRef([]);
  const average = computed(() => (fixes.value.length ? averageOf(fixes.value) : null));
  let watch = null;
  let strays = 0;

  function stop() {
    if (watch !== null) navigator.geolocation.clearWatch(watch);
    watch = null;
    mode.value = '';
  }

  function keep(place) {
    stop();
    done(place);
  }

  function gather(fix) {
    if (average.value && moved(average.value, fix)) {
      strays += 1;
      if (strays < STRAYS) return;
      // What was measured before the walk is still a place; the person decides.
      stop();
      failure.value = 'moved';
      return;
    }
    strays = 0;
    fixes.value = [...fixes.value, fix];
  }

  function take(position) {
    const fix = { ...fixOf(position), at: position.timestamp };
    // A receiver that has no position yet may say so with zeros.
    if (!fix.latitude && !fix.longitude) return;
    active();
    best.value = better(best.value, fix);
    gather(fix);
    if (mode.value === 'best' && best.value.accuracy <= gate()) keep(best.value);
  }

  function fail({ code, PERMISSION_DENIED }) {
    // A gap between fixes is no failure while there is something to improve on.
    if (code !== PERMISSION_DENIED && best.value) return;
    stop();
    failure.value = code === PERMISSION_DENIED ? 'denied' : 'unavailable';
  }

  function begin(wanted) {
    failure.value = '';
    if (mode.value) {
      mode.value = wanted;
      return;
    }
    best.value = null;
    fixes.value = [];
    strays = 0;
    if (!navigator.geolocation) {
      failure.value = 'unavailable';
      return;
    }
    mode.value = wanted;
    watch = navigator.geolocation.watchPosition(take, fail, WATCH);
  }

  onBeforeUnmount(stop);
  return { mode, failure, best, average, begin, stop, keep };
}
