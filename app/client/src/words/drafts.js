// The sentences of a form being kept while it is filled, and of room on the phone.

export const vi = {
  draftSaved: (when) => `Đã lưu trên máy lúc ${when}`,
  draftNotSaved: 'Chưa lưu được câu trả lời mới nhất.',
  draftElsewhere: 'Phiếu này đang mở ở một thẻ khác. Hãy đóng thẻ kia rồi thử lại.',
  draftGone: 'Phiếu này không còn trên máy: đã hoàn thành hoặc đã xoá.',
  leaveUnsaved: 'Câu trả lời mới nhất chưa lưu được. Rời bây giờ sẽ mất phần đó.',
  finish: 'Hoàn thành, gửi phiếu',
  finishing: 'Đang đóng gói phiếu…',
  noServerKey: 'Máy chưa có khoá của máy chủ nên chưa niêm phong được phiếu. Phiếu vẫn được lưu; hãy mở lại khi có sóng.',
  allSent: 'Đã gửi hết',
  noRoom: 'Máy sắp hết chỗ nên không giữ được ảnh, tệp này. Câu trả lời bằng chữ vẫn được lưu. Hãy xoá bớt ảnh, ứng dụng trong máy rồi thử lại.',
  fullText: 'Máy đã hết chỗ. Câu trả lời vẫn còn trên màn hình; hãy xoá bớt ảnh, ứng dụng trong máy, phiếu sẽ tự lưu lại.',
  lowRoom: 'Máy sắp hết chỗ: chưa thêm được ảnh. Hãy xoá bớt ảnh, ứng dụng trong máy.',
};

export const en = {
  draftSaved: (when) => `Saved on the phone at ${when}`,
  draftNotSaved: 'The newest answer could not be saved yet.',
  draftElsewhere: 'This form is open in another tab. Close that tab and try again.',
  draftGone: 'This form is no longer on the phone: it was finished or deleted.',
  leaveUnsaved: 'The newest answer could not be saved. Leaving now loses that part.',
  finish: 'Finish and send',
  finishing: 'Sealing the form…',
  noServerKey: 'The phone has no key of the server yet, so it cannot seal the form. The form is saved; open it again with signal.',
  allSent: 'All sent',
  noRoom: 'The phone is nearly full, so this photo or file cannot be kept. Written answers are still saved. Delete some photos or apps and try again.',
  fullText: 'The phone is full. The answers are still on the screen; delete some photos or apps, and the form saves itself again.',
  lowRoom: 'The phone is nearly full: no photo can be added. Delete some photos or apps.',
};
