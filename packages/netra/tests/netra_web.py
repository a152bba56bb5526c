"""`netra web` with other deadlines: `python netra_web.py '{"heartbeat_s": 0.5}'`; everything else is the product."""

import json
import sys

from netra.settings import contract, logs
from netra.settings.timeouts import Timeouts
from netra.web.server import serve

if __name__ == "__main__":
    settings = contract.load(contract.process_environment())
    logs.configure(settings, "web")
    serve(settings, Timeouts(**json.loads(sys.argv[1])))
