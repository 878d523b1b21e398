// The sentences of the PIN, the lock, and signing out.

export const vi = {
  pin: 'Mã PIN',
  pinAgain: 'Nhập lại mã PIN',
  pinSetTitle: 'Đặt mã PIN cho máy này',
  pinSetWhy:
    'Phiếu đang điền được mã hoá trên điện thoại này và chỉ mở được bằng mã PIN. Quên mã PIN không mất phiếu: đăng nhập lại khi có sóng là đặt được mã mới.',
  pinRule: 'Ít nhất 6 chữ số, không dùng dãy dễ đoán như 123456 hay 000000.',
  pinShort: 'Mã PIN cần ít nhất 6 chữ số, chỉ gồm số.',
  pinSimple: 'Mã PIN này dễ đoán. Hãy chọn dãy số khác.',
  pinDiffers: 'Hai lần nhập chưa giống nhau.',
  pinSave: 'Đặt mã PIN',
  pinNeedsSignal: 'Lần đầu đặt mã PIN cần có sóng. Hãy ra chỗ có sóng rồi thử lại.',
  pinWait: 'Đang mở…',

  lockedTitle: (name) => `Nhập mã PIN của ${name}`,
  lockedWhy: 'Phiếu đang điền vẫn còn nguyên trên máy.',
  unlock: 'Mở khoá',
  pinWrong: (n) => `Mã PIN chưa đúng (đã sai ${n} lần).`,
  pinTryIn: (seconds) => `Xin chờ ${seconds} giây rồi thử lại.`,
  pinForgotten: 'Quên mã PIN',
  lockNow: 'Khoá',

  newPinTitle: 'Đặt mã PIN mới',
  newPinWhy:
    'Cần có sóng và vừa đăng nhập bằng mật khẩu của chính tài khoản này. Mọi phiếu đang điền sẽ mở lại được, không mất phiếu nào.',
  newPinSignIn: 'Hãy đăng nhập lại bằng mật khẩu, rồi quay lại đây đặt mã PIN mới. Phiếu vẫn còn nguyên trên máy.',
  signInAgain: 'Đăng nhập lại',
  backToPin: 'Tôi nhớ mã PIN rồi',

  noStorage: 'Trình duyệt không cho lưu dữ liệu (có thể đang ở chế độ ẩn danh). Hãy mở trang ở cửa sổ thường.',

  signOut: 'Đăng xuất',
  signOutTitle: 'Đăng xuất khỏi máy này?',
  signOutWhy: 'Máy sẽ khoá lại. Không phiếu nào bị xoá: phiếu đang điền vẫn nằm trên máy và chỉ mở được bằng mã PIN.',
  signOutUnsent: (n) => `Còn ${n} phiếu chưa gửi; máy chủ chỉ nhận khi có người đăng nhập trên máy này.`,
  signOutOffline: 'Đang không có sóng nên chưa đăng xuất được. Hãy bấm “Khoá” để khoá máy.',
  sessionOver: 'Phiên đăng nhập đã hết. Vẫn điền phiếu được; hãy đăng nhập khi có sóng để gửi.',
};

export const en = {
  pin: 'PIN',
  pinAgain: 'PIN once more',
  pinSetTitle: 'Choose a PIN for this phone',
  pinSetWhy:
    'Forms being filled are encrypted on this phone and open only with the PIN. A forgotten PIN loses nothing: sign in again with signal and choose a new one.',
  pinRule: 'At least 6 digits, no easy row such as 123456 or 000000.',
  pinShort: 'The PIN needs at least 6 digits, digits only.',
  pinSimple: 'This PIN is easy to guess. Please choose other digits.',
  pinDiffers: 'The two entries differ.',
  pinSave: 'Set the PIN',
  pinNeedsSignal: 'Choosing the first PIN needs signal. Go where there is some and try again.',
  pinWait: 'Opening…',

  lockedTitle: (name) => `PIN of ${name}`,
  lockedWhy: 'The forms being filled are all still on the phone.',
  unlock: 'Unlock',
  pinWrong: (n) => `Wrong PIN (${n} in a row).`,
  pinTryIn: (seconds) => `Please wait ${seconds} seconds and try again.`,
  pinForgotten: 'PIN forgotten',
  lockNow: 'Lock',

  newPinTitle: 'Choose a new PIN',
  newPinWhy:
    'This needs signal, and that this account has just signed in with its password. Every form being filled opens again, none is lost.',
  newPinSignIn: 'Sign in again with your password, then come back here to choose a new PIN. The forms are all still on the phone.',
  signInAgain: 'Sign in again',
  backToPin: 'I remember the PIN',

  noStorage: 'The browser allows no storage here (perhaps a private window). Open the page in an ordinary window.',

  signOut: 'Sign out',
  signOutTitle: 'Sign out of this phone?',
  signOutWhy: 'The phone locks. No form is deleted: those being filled stay on the phone and open only with the PIN.',
  signOutUnsent: (n) => `${n} records are not sent yet; the server takes them only while somebody is signed in on this phone.`,
  signOutOffline: 'There is no signal, so signing out is not possible. Tap “Lock” to lock the phone.',
  sessionOver: 'The session is over. Forms can still be filled; sign in when there is signal, to send them.',
};
