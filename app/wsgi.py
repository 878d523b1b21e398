"""What gunicorn loads: the application of this environment."""

import os

from app import create_app
from app.config import Config

app = create_app(Config.from_environment(os.environ))
