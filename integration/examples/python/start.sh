#!/bin/sh
# Runs the server. The script has something to do when the server has ended, so it cannot `exec` the server.

# With -g the shell gets SIGTERM, too. Without a trap it would end at once, and the container with it. With
# the trap it waits for the server first. (It does not ignore the signal, because the server would inherit
# that.)
trap : TERM

python3 /usr/local/lib/server.py
echo "The server has ended with code $?."
