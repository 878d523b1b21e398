"""Problems of signing in by the province's own service: code → status, Vietnamese sentence, English sentence."""

from app.sentences import Said

TABLE: dict[str, Said] = {
    "provider_silent": Said(
        503,
        "Máy chủ đăng nhập một lần không trả lời. Hãy đăng nhập bằng mật khẩu dưới đây, hoặc thử lại sau ít phút.",
        "The single sign-on server doesn't answer. Sign in with your password below, or try again in a few minutes.",
    ),
    "provider_answer_wrong": Said(
        502,
        "Chưa đăng nhập: trả lời của máy chủ đăng nhập một lần không qua được kiểm tra (mục {reason})."
        " Hãy đăng nhập bằng mật khẩu, và báo cho quản trị hệ thống của tỉnh.",
        "Not signed in: the single sign-on server's answer doesn't hold ({reason})."
        " Sign in with your password, and tell the administrator.",
    ),
    "provider_code_refused": Said(
        401,
        "Chưa đăng nhập: máy chủ đăng nhập một lần không nhận mã, có thể mã đã dùng rồi."
        " Hãy bấm nút đăng nhập lần nữa.",
        "Not signed in: the single sign-on server refused the code; perhaps it was used before."
        " Press the button again.",
    ),
    "provider_not_begun": Said(
        400,
        "Chưa đăng nhập: đã quá 10 phút, hoặc lần đăng nhập này không bắt đầu từ trình duyệt này."
        " Hãy bấm nút đăng nhập lần nữa.",
        "Not signed in: this took over 10 minutes, or didn't begin in this browser. Press the button again.",
    ),
    "provider_said_no": Said(
        401,
        "Chưa đăng nhập: máy chủ đăng nhập một lần không xác nhận, hoặc bạn đã hủy. Hãy thử lại, hoặc dùng mật khẩu.",
        "Not signed in: the single sign-on server didn't confirm, or you cancelled. Try again, or use your password.",
    ),
    "provider_no_account": Said(
        403,
        "Máy chủ đăng nhập một lần xác nhận tên {username}, nhưng ở đây chưa có tài khoản tên đó."
        " Hãy nhờ quản trị hệ thống của tỉnh mở tài khoản đúng tên này.",
        "The single sign-on server confirms {username}, but there is no account of that name here."
        " Ask the administrator to open one of exactly that name.",
    ),
    "provider_account_locked": Said(
        403,
        "Tài khoản {username} đã bị khóa. Hãy nhờ quản trị hệ thống của tỉnh mở lại.",
        "The account {username} is disabled. Ask the administrator to enable it.",
    ),
    "provider_other_person": Said(
        403,
        "Tài khoản {username} đang gắn với một người khác ở máy chủ đăng nhập một lần."
        " Hãy nhờ quản trị hệ thống của tỉnh kiểm tra và bỏ gắn.",
        "The account {username} is bound to somebody else at the single sign-on server."
        " Ask the administrator to check this and clear it.",
    ),
}
