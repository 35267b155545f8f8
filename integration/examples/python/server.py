"""A small HTTP server. It passes on the application's response for the same path."""

import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        content = b""
        if self.path != "/health":
            with urlopen("http://127.0.0.1:3000" + self.path) as application:
                content = application.read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close() waits for the requests under way


def finish(*_):
    # It waits for serve_forever(), which cannot go on before this handler has ended.
    threading.Thread(target=server.shutdown).start()


server = Server(("", 8080), Handler)
signal.signal(signal.SIGTERM, finish)
server.serve_forever(poll_interval=0.1)
server.server_close()
