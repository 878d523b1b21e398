// Places: measuring a point, the offline map, boundaries and lines, what is odd about a place.

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

  oddPlace: {
    zero: 'Toạ độ 0, 0: máy chưa có vị trí thật. Hãy đo lại.',
    swapped: 'Vĩ độ và kinh độ có vẻ bị đảo. Hãy đo lại.',
    abroad: 'Vị trí nằm ngoài Việt Nam. Hãy đo lại, hoặc chấm trên bản đồ.',
  },
  outsideCommune: (name, other, soft) =>
    soft
      ? `Vị trí có thể nằm ngoài ${name}${other ? `, trong ${other}` : ''} (ranh giới gần đúng). Nếu đúng chỗ thì cứ gửi.`
      : `Vị trí nằm ngoài ${name} đã chọn${other ? `, trong ${other}` : ''}. Hãy xem lại xã hoặc vị trí; vẫn gửi được.`,
  farFromHamlet: (name, kilometres) => `Vị trí cách ${name} ${kilometres} km. Hãy xem lại thôn hoặc vị trí; vẫn gửi được.`,
  cornersOutside: (n, name, soft) =>
    soft
      ? `${n} góc có thể nằm ngoài ${name} (ranh giới gần đúng).`
      : `${n} góc nằm ngoài ${name} đã chọn. Hãy xem lại; vẫn gửi được.`,

  nearby: (metres) => `Đã có trong vòng ${metres} m. Có phải cùng một việc không?`,
  away: (metres) => `cách ${metres} m`,
  thisOne: 'Đúng cái này: cập nhật',
  anotherOne: 'Không phải, điền tiếp',
  answeredThere: 'Nếu đúng việc này thì không cần gửi lại: cơ quan đang xử lý.',

  pointMapHow: 'Chạm để đặt ghim, kéo ghim để chỉnh; hoặc kéo bản đồ rồi bấm “Đặt ở dấu +”.',
  traceHow: 'Chạm để thêm điểm, kéo điểm để chỉnh; hoặc bấm “Đi bộ đo” rồi đi dọc tuyến.',
  traceMap: 'Vẽ tuyến',
  traceMapAgain: 'Sửa tuyến',
  putAtCross: 'Đặt ở dấu +',
  useThisPlace: 'Dùng vị trí này',
  noPinYet: 'Chưa đặt ghim.',
  pinAt: (latitude, longitude) => `Ghim ở ${latitude}; ${longitude}`,
  whereAmI: 'Về chỗ tôi',
  undoStep: 'Hoàn tác',
  removeCorner: 'Xoá góc đã chọn',
  chooseCorner: 'Chạm vào một góc để chọn.',
  cornerChosen: (n) => `Đã chọn góc ${n}.`,
  linePoints: (n) => `${n} điểm`,
  lineLength: (metres) => `dài khoảng ${metres} m`,
  walkWeak: (metres, gate) => `Sóng yếu (±${metres} m): chờ ±${gate} m trở xuống mới ghi góc.`,
  gapSaid: (metres) => `Góc cuối cách góc đầu ${metres} m; hai góc này được nối thẳng.`,
  traceShort: 'Cần ít nhất 2 điểm.',
  traceClosed: 'Điểm cuối trùng điểm đầu: tuyến phải có hai đầu khác nhau.',
  north: 'Bắc',
  northUp: 'Hướng bắc ở phía trên',
  approximate: 'Ranh giới gần đúng',
  noBoundaries: 'Máy chưa lưu ranh giới. Hãy mở trang này một lần khi có sóng.',
  mapEmpty: 'Bản đồ dùng được khi không có sóng.',
  basemapGet: (size) => `Tải nền bản đồ (${size})`,
  basemapNew: (size) => `Tải nền bản đồ mới (${size})`,
  basemapGetting: (percent) => `Đang tải nền bản đồ… ${percent} %`,
  basemapKept: 'Đã lưu nền bản đồ vào máy.',
  basemapFailed: 'Chưa tải được nền bản đồ. Hãy thử lại khi có sóng tốt.',
  basemapNoRoom: 'Máy không đủ chỗ cho nền bản đồ. Phiếu không bị ảnh hưởng.',
  megabytes: (mb) => `${mb} MB`,
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

  oddPlace: {
    zero: 'Coordinates 0, 0: the phone has no real position. Measure again.',
    swapped: 'Latitude and longitude seem exchanged. Measure again.',
    abroad: 'The place lies outside Vietnam. Measure again, or pin it on the map.',
  },
  outsideCommune: (name, other, soft) =>
    soft
      ? `The place may lie outside ${name}${other ? `, in ${other}` : ''} (approximate boundary). If it is right, send it.`
      : `The place lies outside ${name}${other ? `, in ${other}` : ''}. Check commune or place; it can be sent all the same.`,
  farFromHamlet: (name, kilometres) =>
    `The place is ${kilometres} km from ${name}. Check hamlet or place; it can be sent all the same.`,
  cornersOutside: (n, name, soft) =>
    soft
      ? `Corners that may lie outside ${name}: ${n} (approximate boundary).`
      : `Corners outside ${name}: ${n}. Check them; it can be sent all the same.`,

  nearby: (metres) => `Known already within ${metres} m. Is it the same?`,
  away: (metres) => `${metres} m away`,
  thisOne: 'It is this one: update it',
  anotherOne: 'It is another, go on',
  answeredThere: 'If it is the same, there is no need to send it again: an office is working on it.',

  pointMapHow: 'Tap to set the pin, drag it to adjust; or move the map and press “Put at the +”.',
  traceHow: 'Tap to add points, drag them to adjust; or press “Walk it” and follow the line.',
  traceMap: 'Draw the line',
  traceMapAgain: 'Change the line',
  putAtCross: 'Put at the +',
  useThisPlace: 'Use this place',
  noPinYet: 'No pin yet.',
  pinAt: (latitude, longitude) => `Pin at ${latitude}; ${longitude}`,
  whereAmI: 'Where I am',
  undoStep: 'Undo',
  removeCorner: 'Remove the chosen corner',
  chooseCorner: 'Tap a corner to choose it.',
  cornerChosen: (n) => `Corner ${n} is chosen.`,
  linePoints: (n) => `${n} points`,
  lineLength: (metres) => `about ${metres} m long`,
  walkWeak: (metres, gate) => `Weak signal (±${metres} m): corners are noted from ±${gate} m.`,
  gapSaid: (metres) => `The last corner is ${metres} m from the first; a straight side joins them.`,
  traceShort: 'At least 2 points are needed.',
  traceClosed: 'The last point is the first one: a line needs two ends.',
  north: 'N',
  northUp: 'North is up',
  approximate: 'Approximate boundary',
  noBoundaries: 'No boundaries are kept on this phone yet. Open this page once with signal.',
  mapEmpty: 'The map works without signal.',
  basemapGet: (size) => `Download the base map (${size})`,
  basemapNew: (size) => `Download the new base map (${size})`,
  basemapGetting: (percent) => `Downloading the base map… ${percent} %`,
  basemapKept: 'The base map is kept on this phone.',
  basemapFailed: 'The base map could not be downloaded. Try again with better signal.',
  basemapNoRoom: 'There is no room for the base map on this phone. Surveys are not affected.',
  megabytes: (mb) => `${mb} MB`,
};
