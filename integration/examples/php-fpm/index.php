<?php
// Passes on the application's response for the same path.
readfile('http://127.0.0.1:3000/' . ltrim($_SERVER['REQUEST_URI'], '/'));
