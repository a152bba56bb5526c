"""A collector that takes whatever comes and says yes: `python sink.py PORT`."""

import sys

from aiohttp import web


async def take(request: web.Request) -> web.Response:
    """Read it, for a collector does too."""
    await request.read()
    return web.Response()


if __name__ == "__main__":
    app = web.Application(client_max_size=2**26)
    app.router.add_post("/v1/traces", take)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
