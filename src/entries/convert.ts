/**
 * Entry "tfjs-sts/convert": weights of others as weights of ours, step by step; what the command line does to files. No effect
 * on import.
 */
export * from '../convert';
