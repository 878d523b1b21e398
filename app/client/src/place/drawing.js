// Leaflet, bent to drawing one ring on an empty ground with a scale bar.
import L from 'leaflet';
import STYLE from 'style:./map.css';

const VIETNAM = [
  [8, 102],
  [23.5, 110],
];
const LINE = { color: '#0a5a57', weight: 3, fillOpacity: 0.15, interactive: false };

function linkStyle() {
  if (document.querySelector(`link[href="${STYLE}"]`)) return;
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = STYLE;
  document.head.append(link);
}

const corner = ({ lat, lng }) => ({ latitude: lat, longitude: lng, altitude: null, accuracy: null });
const latLng = ({ latitude, longitude }) => [latitude, longitude];

/** Draws in `holder`. `tapped(corner)` for a tap on the ground, `moved(corners)` when a corner was dragged. */
export function drawingOn(holder, { tapped, moved }) {
  linkStyle();
  const map = L.map(holder, { attributionControl: false, doubleClickZoom: false, maxZoom: 20, minZoom: 5 });
  map.fitBounds(VIETNAM);
  L.control.scale({ imperial: false }).addTo(map);
  const ring = L.polygon([], LINE).addTo(map);
  const dots = L.layerGroup().addTo(map);
  const here = L.circle([0, 0], { radius: 0, color: '#b35900', weight: 2, interactive: false });
  map.on('click', ({ latlng }) => tapped(corner(latlng)));
  // The dialog is laid out after the map was made.
  const watcher = new ResizeObserver(() => map.invalidateSize());
  watcher.observe(holder);

  return {
    show(corners) {
      ring.setLatLngs(corners.map(latLng));
      dots.clearLayers();
      corners.forEach((place, index) => {
        const icon = L.divIcon({ className: 'corner', html: '', iconSize: [48, 48] });
        const dot = L.marker(latLng(place), { icon, draggable: true, autoPan: true, keyboard: false }).addTo(dots);
        dot.on('dragend', () => moved(corners.map((other, i) => (i === index ? corner(dot.getLatLng()) : other))));
      });
    },
    fit(corners) {
      if (corners.length) map.fitBounds(corners.map(latLng), { padding: [40, 40], maxZoom: 18 });
    },
    goTo: (fix) => map.setView(latLng(fix), 17),
    me: (fix) => here.setLatLng(latLng(fix)).setRadius(fix.accuracy).addTo(map),
    remove() {
      watcher.disconnect();
      map.remove();
    },
  };
}
