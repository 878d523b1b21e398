// The offline map: communes, hamlets, what the layer holds, the own position. Nothing on it is fetched from anywhere.
import L from 'leaflet';
import STYLE from 'style:./map.css';
import { words } from './map_words.js';
import { labelsOn } from './labels.js';
import { outlinesOf, polygonsOf } from './outlines.js';

const VIETNAM = [
  [8, 102],
  [23.5, 110],
];
const OWN_ZOOM = 17;
const HAMLET = { radius: 4, color: '#17211f', weight: 1.5, fillColor: '#ffffff', fillOpacity: 1, interactive: false };
const FEATURE = { radius: 7, color: '#5b1a6b', weight: 2.5, fillColor: '#f2d9f7', fillOpacity: 1, interactive: false };

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

function boxOf({ geometry }) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [ring] of polygonsOf(geometry)) {
    for (const [longitude, latitude] of ring) {
      if (longitude < box[0]) box[0] = longitude;
      if (latitude < box[1]) box[1] = latitude;
      if (longitude > box[2]) box[2] = longitude;
      if (latitude > box[3]) box[3] = latitude;
    }
  }
  const [west, south, east, north] = box;
  return L.latLngBounds([south, west], [north, east]);
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
  map.createPane('outlines').classList.add('outlines-pane');
  map.createPane('marks').classList.add('marks-pane');
  const renderer = L.canvas({ pane: 'marks', padding: 0.3 });

  const communes = around.communes.filter(({ geometry }) => geometry);
  outlinesOf(communes, 'outlines').addTo(map);
  const labels = labelsOn(map, { hamlet: { ...HAMLET, renderer }, feature: { ...FEATURE, renderer } });
  for (const { name, geometry } of communes) labels.add(name, null, 'commune', geometry);
  for (const { name, latitude, longitude } of around.hamlets.values()) labels.add(name, [latitude, longitude], 'hamlet');
  for (const place of places) labels.add(place.label, latLng(place), 'feature');

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
      map.invalidateSize({ animate: false });
      const bounds = L.latLngBounds(corners.map(latLng));
      if (!bounds.isValid()) for (const commune of communes) if (commune.own) bounds.extend(boxOf(commune));
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
