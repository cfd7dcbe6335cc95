"""Serves the application for development: python3 -m payments [port]."""

import sys
from wsgiref.simple_server import make_server

from payments.app import create_app


def main() -> None:
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with make_server("127.0.0.1", port, create_app()) as server:
        print(f"http://127.0.0.1:{port}")
        server.serve_forever()


if __name__ == "__main__":
    main()
