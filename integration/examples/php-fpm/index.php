<?php
// Passes on what the application says to the same path.
readfile('http://127.0.0.1:3000/' . ltrim($_SERVER['REQUEST_URI'], '/'));
