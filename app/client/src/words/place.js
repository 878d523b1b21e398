// Measuring a point.

export const vi = {
  pinOnMap: 'Chấm trên bản đồ',
  seeOnMap: 'Xem, sửa trên bản đồ',
  pinned: 'Đã chấm trên bản đồ',
  byHand: 'chấm trên bản đồ, không đo GPS',
  takeAverage: 'Đứng yên, đo thêm',
  standStill: 'Đứng yên tại chỗ. Càng lâu càng chính xác; sau khoảng 4 phút thì thôi.',
  averageSoFar: (n, metres) => `Trung bình của ${n} lần đo: sai số khoảng ±${metres} m`,
  useAverage: (n, metres) => `Dùng trung bình ${n} lần (±${metres} m)`,
  averaged: (n) => `, trung bình ${n} lần đo`,
  moved: 'Máy đã rời chỗ nên dừng đo. Có thể dùng kết quả trước khi rời chỗ, hoặc đo lại.',
};

export const en = {
  pinOnMap: 'Pin it on the map',
  seeOnMap: 'See or move it on the map',
  pinned: 'Pinned on the map',
  byHand: 'pinned on the map, not measured',
  takeAverage: 'Stand still, measure longer',
  standStill: 'Stand still. The longer, the more exact; after about 4 minutes it gains nothing.',
  averageSoFar: (n, metres) => `Average of ${n} fixes: error about ±${metres} m`,
  useAverage: (n, metres) => `Use the average of ${n} (±${metres} m)`,
  averaged: (n) => `, average of ${n} fixes`,
  moved: 'The phone has moved, so measuring stopped. Use what was measured before, or measure again.',
};
