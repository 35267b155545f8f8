#!/bin/sh
# A script with a job in the background, which writes a report in /data. Who stops the script stops the
# shell, which ends at once. The job has something to finish.

report() {
    trap finish TERM
    echo begun > /data/report
    sleep infinity & # what it is busy with
    wait
}

finish() {
    sleep 2
    echo complete >> /data/report
    exit
}

report &
wait
