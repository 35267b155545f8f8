#!/bin/sh
# A script with a job in the background, which writes a report in /data. A stop ends the shell at once. The
# job has something to finish.

report() {
    trap finish TERM
    echo begun > /data/report
    sleep infinity & # its work
    wait
}

finish() {
    sleep 2
    echo complete >> /data/report
    exit
}

report &
wait
