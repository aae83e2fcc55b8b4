#!/usr/bin/env node
/** Bin "tfjs-sts": hands the command line to cli/main. */

export {};
