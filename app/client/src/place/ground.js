// The offline map: communes, hamlets, what the layer holds, the own position. Nothing on it is fetched from anywhere.
import L from 'leaflet';
import STYLE from 'style:./map.css';
import { words } from './map_words.js';
import { labelsOn } from './labels.js';

const VIETNAM = [
  [8, 102],
  [23.5, 110],
];
const OWN_ZOOM = 17;
const OUTLINE = { color: '#17211f', weight: 2, fill: false, interactive: false };
const HAMLET = { radius: 4, color: '#17211f', weight: 1.5, fillColor: '#ffffff', fillOpacity: 1, interactive: false };
const FEATURE = { radius: 7, color: '#5b1a6b', weight: 2.5, fillColor: '#f2d9f7', fillOpacity: 1, interactive: false };
const HAMLETS_FROM_ZOOM = 11;

function linkStyle() {
  if (document.querySelector(`link[href="${STYLE}"]`)) return;
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = STYLE;
  document.head.append(link);
}

export const latLng = ({ latitude, longitude }) => [latitude, longitude];
export const placeOf = ({ lat, lng }) => ({ latitude: lat, longitude: lng, altitude: null, accuracy: null });

/** A sign in a corner of the map: text only. */
function sign(position, className, text, title) {
  const control = L.control({ position });
  control.onAdd = () => {
    const box = L.DomUtil.create('div', className);
    box.textContent = text;
    if (title) box.setAttribute('role', 'img');
    if (title) box.setAttribute('aria-label', title);
    return box;
  };
  return control;
}

function dot(place, style, map, renderer) {
  return L.circleMarker(latLng(place), { ...style, renderer }).addTo(map);
}

/**
 * Draws in `holder`. `around` is `surroundings()`; `places` are [{latitude, longitude, label}] of the layer;
 * `tapped(place)` for a tap on the ground.
 */
export function groundOn(holder, { around, places = [], tapped = () => {} }) {
  linkStyle();
  const map = L.map(holder, {
    attributionControl: false,
    doubleClickZoom: false,
    zoomControl: false,
    maxZoom: 20,
    minZoom: 5,
    zoomSnap: 0.5,
  });
  map.fitBounds(VIETNAM);
  L.control.zoom({ position: 'topright', zoomInTitle: '+', zoomOutTitle: '−' }).addTo(map);
  L.control.scale({ imperial: false, position: 'bottomleft' }).addTo(map);
  sign('topleft', 'map-north', `▲ ${words.north}`, words.northUp).addTo(map);
  const approximate = around.communes.some((commune) => commune.approximate);
  if (approximate) sign('bottomright', 'map-note', words.approximate).addTo(map);
  map.createPane('marks').classList.add('marks-pane');
  const renderer = L.canvas({ pane: 'marks', padding: 0.3 });

  const outlines = around.communes
    .filter(({ geometry }) => geometry)
    .map(({ geometry, own, approximate: about }) => {
      const style = { ...OUTLINE, weight: own ? 3 : 1.5, dashArray: about ? '8 6' : null, renderer };
      return { own, shape: L.geoJSON(geometry, { style }).addTo(map) };
    });
  const hamlets = L.layerGroup();
  const labels = labelsOn(map);
  for (const { name, geometry } of around.communes) if (geometry) labels.add(name, null, 'commune', geometry);
  for (const { name, latitude, longitude } of around.hamlets.values()) {
    dot({ latitude, longitude }, HAMLET, hamlets, renderer);
    labels.add(name, [latitude, longitude], 'hamlet');
  }
  for (const place of places) {
    dot(place, FEATURE, map, renderer);
    labels.add(place.label, latLng(place), 'feature');
  }
  const thin = () => (map.getZoom() < HAMLETS_FROM_ZOOM ? hamlets.remove() : hamlets.addTo(map));
  map.on('zoomend', thin);
  thin();

  map.createPane('me').classList.add('me-pane');
  const me = { pane: 'me', interactive: false, color: '#0b57d0', fillColor: '#0b57d0' };
  const here = L.circle([0, 0], { ...me, radius: 0, weight: 2, fillOpacity: 0.12 });
  const spot = L.circleMarker([0, 0], { ...me, radius: 7, color: '#ffffff', weight: 2, fillOpacity: 1 });
  map.on('click', ({ latlng }) => tapped(placeOf(latlng)));
  // The dialog is laid out after the map was made.
  const watcher = new ResizeObserver(() => map.invalidateSize());
  watcher.observe(holder);

  return {
    L,
    map,
    /** Shows these places, else the own communes, else the hamlets, else the country. */
    fit(corners) {
      const bounds = L.latLngBounds(corners.map(latLng));
      if (!bounds.isValid()) for (const { own, shape } of outlines) if (own) bounds.extend(shape.getBounds());
      if (!bounds.isValid()) for (const { latitude, longitude } of around.hamlets.values()) bounds.extend([latitude, longitude]);
      if (bounds.isValid()) map.fitBounds(bounds, { padding: [24, 24], maxZoom: OWN_ZOOM });
    },
    goTo: (fix) => map.setView(latLng(fix), Math.max(map.getZoom(), OWN_ZOOM)),
    me(fix) {
      here.setLatLng(latLng(fix)).setRadius(fix.accuracy).addTo(map);
      spot.setLatLng(latLng(fix)).addTo(map);
    },
    centre: () => placeOf(map.getCenter()),
    remove() {
      watcher.disconnect();
      map.remove();
    },
  };
}
