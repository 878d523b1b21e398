// Photos are redrawn before they enter an answer: smaller, upright, and without EXIF, XMP or thumbnail.

const LONGEST_PIXELS = 1600;
const QUALITY = 0.85;

/** Width and height that fit `longest`, never enlarged. */
export function fitted(width, height, longest = LONGEST_PIXELS) {
  const scale = Math.min(1, longest / Math.max(width, height));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

/** An image file → a JPEG File with a fresh name. Throws when the browser cannot read the image. */
export async function shrunk(file, longest = LONGEST_PIXELS) {
  const image = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = fitted(image.width, image.height, Math.min(longest, LONGEST_PIXELS));
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
  if (!blob) throw new Error('canvas gave no image');
  return new File([blob], `anh-${freshName()}.jpg`, { type: 'image/jpeg' });
}

/** Draws `file` into `canvas`, as the preview needs no address for it. */
export async function preview(file, canvas, longest = 640) {
  const image = await createImageBitmap(file);
  [canvas.width, canvas.height] = fitted(image.width, image.height, longest);
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
}

/** Twelve random hex digits: a name that says nothing about the phone or the moment. */
export function freshName() {
  return [...crypto.getRandomValues(new Uint8Array(6))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
