import assert from 'node:assert/strict';
import { test } from 'node:test';
import { correctable } from '../src/engine/deprecated.js';

test('a form for corrections has a place for the name of what is corrected, in the form’s own way of writing', () => {
  assert.equal(correctable('<meta><instanceID/></meta>'), '<meta><instanceID/><deprecatedID/></meta>');
  assert.equal(correctable('<orx:meta><orx:instanceID /></orx:meta>'), '<orx:meta><orx:instanceID /><orx:deprecatedID/></orx:meta>');
  assert.equal(correctable('<m:instanceID></m:instanceID>'), '<m:instanceID></m:instanceID><m:deprecatedID/>');
});

test('one that has it stays as it is, and only the first instance is changed', () => {
  const has = '<meta><deprecatedID/><instanceID/></meta>';
  assert.equal(correctable(has), has);
  assert.equal(correctable('<instanceID/> <instanceID/>'), '<instanceID/><deprecatedID/> <instanceID/>');
});
