// The sentences of the page that tries a form.

export const vi = {
  trial: 'ĐANG THỬ: không lưu, không gửi gì. Đóng trang là mất.',
  trialBack: 'Về trang biểu mẫu',
  trialCheck: 'Kiểm tra các câu trả lời',
  trialRight: 'Mọi câu bắt buộc đã trả lời, không câu nào sai.',
  trialSend: 'Gửi phiếu (không gửi khi thử)',
  trialMissing: (names) => `Còn thiếu tệp kèm theo: ${names}. Câu dùng các tệp này chưa thử được.`,
  trialBroken: 'Biểu mẫu này không mở được trên điện thoại:',
  trialUnsupported: (names) => `Điện thoại chưa hiện được các câu: ${names}.`,
  trialPayload: 'Dữ liệu phiếu sẽ gửi',
};

export const en = {
  trial: 'TRYING OUT: nothing is stored, nothing is sent. Closing the page loses it.',
  trialBack: 'Back to the form’s page',
  trialCheck: 'Check the answers',
  trialRight: 'Every required question is answered, and no answer is wrong.',
  trialSend: 'Send (not while trying out)',
  trialMissing: (names) => `Files are missing: ${names}. Questions that use them can’t be tried yet.`,
  trialBroken: 'This form can’t be opened on a phone:',
  trialUnsupported: (names) => `Phones can’t show these questions yet: ${names}.`,
  trialPayload: 'What the record will hold',
};
