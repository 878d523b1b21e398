// Opens a seal with Node's own crypto, as the server does with Python's: a second hand to check the first.
import { createDecipheriv, createECDH, hkdfSync } from 'node:crypto';

const bytesOf = (base64url) => Buffer.from(base64url, 'base64url');

/** The plain bytes of `sealed` for the private key `jwk` ({x, y, d}); throws where seal, key or `aad` is another. */
export function opened(jwk, sealed, aad) {
  const whole = Buffer.from(sealed);
  const [version, own, iv] = [whole[0], whole.subarray(1, 66), whole.subarray(66, 78)];
  const [closed, tag] = [whole.subarray(78, -16), whole.subarray(-16)];
  if (version !== 1) throw new Error(`seal version ${version}`);
  const server = createECDH('prime256v1');
  server.setPrivateKey(bytesOf(jwk.d));
  const salt = Buffer.concat([own, Buffer.from([4]), bytesOf(jwk.x), bytesOf(jwk.y)]);
  const key = hkdfSync('sha256', server.computeSecret(own), salt, 'diaban seal 1', 32);
  const cipher = createDecipheriv('aes-256-gcm', Buffer.from(key), iv);
  cipher.setAAD(Buffer.from(aad));
  cipher.setAuthTag(tag);
  return Buffer.concat([cipher.update(closed), cipher.final()]);
}
