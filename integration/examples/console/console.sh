#!/bin/sh
# A console, as game servers have one: it takes commands on its standard input, keeps what is built in memory, and
# saves when it is told to stop. A signal ends it without that.

world=
echo ready
while read -r command argument; do
    case $command in
        build)
            world="$world $argument"
            echo "built $argument"
            ;;
        stop)
            echo "saving$world"
            echo "world$world" > /data/world
            exit
            ;;
    esac
done

# Whose input has ended goes on.
echo "no more commands"
exec sleep infinity
