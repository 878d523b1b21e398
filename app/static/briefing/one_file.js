// The copy on a stick: opens what it holds, by its passphrase where it has one, and says when it is out of date.
(function () {
  'use strict';
  const root = document.querySelector('[data-viewer]');
  const held = JSON.parse(document.getElementById('held').textContent);
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  function start(data) {
    document.title = `${data.name} – Địa Bàn`;
    document.documentElement.lang = data.language;
    const today = new Date().toLocaleDateString('sv-SE'); // yyyy-mm-dd
    if (data.expires) {
      const said = data.expires.split('-').reverse().join('/');
      const over = today > data.expires;
      const banner = document.createElement('p');
      banner.className = over ? 'expiry over' : 'expiry';
      banner.setAttribute('role', over ? 'alert' : 'note');
      banner.textContent = over
        ? `Bản này đã hết hạn ngày ${said}: số liệu có thể không còn đúng, hãy lấy bản mới. | Out of date since ${said}.`
        : `Dùng đến hết ngày ${said}. | Use until ${said}.`;
      document.body.prepend(banner);
    }
    window.diaban.viewer(root, data);
  }

  async function open(passphrase) {
    const given = new TextEncoder().encode(passphrase);
    const base = await crypto.subtle.importKey('raw', given, 'PBKDF2', false, ['deriveKey']);
    const way = { name: 'PBKDF2', hash: 'SHA-256', salt: bytes(held.salt), iterations: held.iterations };
    const key = await crypto.subtle.deriveKey(way, base, { name: 'AES-GCM', length: 256 }, false, ['decrypt']);
    const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: bytes(held.nonce) }, key, bytes(held.sealed));
    return JSON.parse(new TextDecoder().decode(plain));
  }

  function ask() {
    const form = document.createElement('form');
    form.className = 'ask';
    form.innerHTML =
      '<h1>Địa Bàn</h1><label for="passphrase">Mật khẩu của bản này | Passphrase</label>' +
      '<input id="passphrase" type="password" autocomplete="off" required><button type="submit">Mở | Open</button>' +
      '<p role="alert"></p>';
    const said = form.querySelector('[role=alert]');
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      const input = form.querySelector('input');
      const go = form.querySelector('button');
      said.textContent = '';
      go.disabled = true;
      try {
        const data = await open(input.value);
        form.remove();
        start(data);
      } catch {
        said.textContent = 'Mật khẩu không đúng. | Wrong passphrase.';
        go.disabled = false;
        input.select();
      }
    });
    root.replaceChildren(form);
    form.querySelector('input').focus();
  }

  if (held.plain) start(held.plain);
  else if (window.crypto && window.crypto.subtle) ask();
  else root.textContent = 'Trình duyệt này quá cũ để mở bản có mật khẩu. | This browser is too old to open a locked copy.';
})();
