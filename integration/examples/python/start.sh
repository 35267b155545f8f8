#!/bin/sh
# Runs the server, and has something to do when it has ended, so that it cannot `exec` it.

# With -g SIGTERM comes to the shell as well, which would end at once, and with it the container. With a
# trap it waits for the server first. (It does not ignore the signal: the server would inherit that.)
trap : TERM

python3 /usr/local/lib/server.py
echo "The server has ended with code $?."
