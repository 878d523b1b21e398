// The sentences about working with no network, the home screen and new versions.

export const vi = {
  keeping: (done, of) => `Đang lưu để dùng khi không có mạng: ${done}/${of}`,
  keptPartly: (done, of) => `Mới lưu ${done}/${of} phần để dùng khi không có mạng. Phần còn lại được tải khi có sóng.`,
  keptWhole: (done, of, at) => `Đã lưu để dùng khi không có mạng: ${done}/${of}${at ? `, lúc ${at}` : ''}`,
  install: 'Cài lên màn hình chính',
  appleTitle: 'Trên iPhone: đặt Địa Bàn lên màn hình chính trước khi điền phiếu',
  appleHow: 'Bấm nút Chia sẻ của Safari, chọn “Thêm vào MH chính”, rồi mở Địa Bàn từ biểu tượng đó.',
  appleWhy: 'Nếu không, sau 7 ngày không mở trang, iPhone tự xoá mọi thứ trang đã lưu, kể cả phiếu chưa gửi.',
  newVersion: 'Có bản mới.',
  takeVersion: 'Dùng bản mới',
  newVersionAsk: 'Dùng bản mới ngay?',
  newVersionWhy: 'Đang mở một phiếu. Trang sẽ mở lại; những gì đã điền được giữ làm bản nháp.',
  newVersionLater: 'Điền xong đã',
};

export const en = {
  keeping: (done, of) => `Saving for use without a network: ${done}/${of}`,
  keptPartly: (done, of) => `Only ${done}/${of} parts are saved for use without a network. The rest comes with signal.`,
  keptWhole: (done, of, at) => `Saved for use without a network: ${done}/${of}${at ? `, ${at}` : ''}`,
  install: 'Add to the home screen',
  appleTitle: 'On an iPhone: put this app on the home screen before you fill a form',
  appleHow: 'Tap Safari’s Share button, choose “Add to Home Screen”, then open it from that icon.',
  appleWhy: 'Otherwise, after 7 days without opening the page, the iPhone deletes all it has saved, unsent forms too.',
  newVersion: 'There is a new version.',
  takeVersion: 'Use the new version',
  newVersionAsk: 'Use the new version now?',
  newVersionWhy: 'A form is open. The page starts again; what was filled in is kept as a draft.',
  newVersionLater: 'Finish first',
};
