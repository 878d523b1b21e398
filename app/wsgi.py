"""What gunicorn loads: the application of this environment."""

import os

from app import create_app
from app.config import Config

app = create_app(Config.from_environment(os.environ))
# Loaded before the workers are forked: none may use a connection another one has.
os.register_at_fork(after_in_child=lambda: app.extensions["diaban_engine"].dispose(close=False))
