#!/usr/bin/env node
'use strict';

const { main } = require('../dist/main');

void main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
