"""Debian's Chromium: the whole browser, and its headless shell, which starts in half the time and suits most tests."""

BROWSER = "/usr/bin/chromium"
SHELL = "/usr/bin/chromium-headless-shell"
