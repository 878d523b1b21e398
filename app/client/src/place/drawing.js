// A ring or a line being drawn on the map: corners that can be dragged and chosen.
import L from 'leaflet';
import { latLng, placeOf } from './ground.js';

const LINE = { color: '#0a5a57', weight: 4, fillOpacity: 0.15, interactive: false };

/** `moved(corners)` when a corner was dragged, `chosen(index)` when one was tapped. `closed`: a ring, else a line. */
export function drawingOn(map, { closed, moved, chosen }) {
  const line = (closed ? L.polygon([], LINE) : L.polyline([], LINE)).addTo(map);
  const dots = L.layerGroup().addTo(map);
  return {
    show(corners, selected) {
      line.setLatLngs(corners.map(latLng));
      dots.clearLayers();
      corners.forEach((place, index) => {
        const className = `corner${index === selected ? ' chosen' : ''}${index === 0 ? ' first' : ''}`;
        const icon = L.divIcon({ className, html: '', iconSize: [48, 48] });
        const dot = L.marker(latLng(place), { icon, draggable: true, autoPan: true, keyboard: false }).addTo(dots);
        dot.on('click', () => chosen(index));
        dot.on('dragend', () => {
          const here = placeOf(dot.getLatLng());
          moved(corners.map((other, i) => (i === index ? here : other)));
        });
      });
    },
  };
}

/** A pin that can be dragged; `moved(place)` when it was. */
export function pinOn(map, moved) {
  const icon = L.divIcon({ className: 'pin', html: '', iconSize: [48, 48], iconAnchor: [24, 44] });
  const pin = L.marker([0, 0], { icon, draggable: true, autoPan: true, keyboard: false });
  pin.on('dragend', () => moved(placeOf(pin.getLatLng())));
  return { show: (place) => (place ? pin.setLatLng(latLng(place)).addTo(map) : pin.remove()) };
}
