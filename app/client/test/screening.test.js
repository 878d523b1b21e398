import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classified, find } from '../src/screening.js';

const kinds = (text) => find(text).map((finding) => finding.kind);

test('numbers and names are found where they stand', () => {
  const text = 'Cầu hỏng, gọi anh Ngô Thanh Tùng 0912 345 678 nhé.';
  assert.deepEqual(
    find(text).map(({ kind, start, end }) => [kind, text.slice(start, end)]),
    [
      ['person_name', 'anh Ngô Thanh Tùng'],
      ['phone', '0912 345 678'],
    ],
  );
});

test('places, dates and decisions pass', () => {
  for (const text of ['Trường Võ Thị Sáu thiếu phòng.', 'Quyết định 861/QĐ-TTg ngày 01/07/2025.', '12', 'yes'])
    assert.deepEqual(kinds(text), [], text);
});

test('classified markings are told from honey', () => {
  assert.equal(classified('Độ mật: MẬT'), 'MẬT');
  assert.equal(classified('MẬT ONG CÀ PHÊ'), null);
});
