// Numbers as people here write them: 1.234,5.

const WHOLE = new Intl.NumberFormat('vi-VN', { maximumFractionDigits: 0 });
const DECIMAL = new Intl.NumberFormat('vi-VN', { maximumFractionDigits: 10 });

/** "1.234" or "1 234" → "1234"; null when it is no whole number. */
export function readWhole(text) {
  const plain = text.replace(/\s/g, '');
  if (/^-?\d+$/.test(plain)) return plain;
  return /^-?\d{1,3}(\.\d{3})+$/.test(plain) ? plain.replace(/\./g, '') : null;
}

/**
 * "1.234,5" → "1234.5"; null when it is no number. A point followed by exactly three digits groups thousands as in
 * every Vietnamese document ("1.234" is 1234); any other single point is a decimal one, as number pads offer it ("2.5").
 */
export function readDecimal(text) {
  const plain = text.replace(/\s/g, '');
  if (/^-?\d{1,3}(\.\d{3})+(,\d+)?$/.test(plain)) return plain.replace(/\./g, '').replace(',', '.');
  if (/^-?\d+([.,]\d+)?$/.test(plain)) return plain.replace(',', '.');
  return null;
}

/** `value` (bigint, number or numeric text) as 1.234,5. */
export function show(value) {
  if (typeof value === 'bigint') return WHOLE.format(value);
  return DECIMAL.format(Number(value));
}
