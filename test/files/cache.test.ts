/** Where the cache lies on each system, and what cannot be one. */
import {describe, expect, it, vi} from 'vitest';
import {defaultCacheFolder, openCache} from '../../src/files/cache';
import {UnavailableError} from '../../src/util/errors';

describe('the folder', () => {
  it.each<[string, Record<string, string>, string]>([
    ['linux', {}, '/home/a/.cache/tfjs-sts'],
    ['linux', {XDG_CACHE_HOME: '/var/cache/a'}, '/var/cache/a/tfjs-sts'],
    // The specification of the variable: a path that is not absolute is to be ignored.
    ['linux', {XDG_CACHE_HOME: 'cache'}, '/home/a/.cache/tfjs-sts'],
    ['linux', {XDG_CACHE_HOME: ''}, '/home/a/.cache/tfjs-sts'],
    ['darwin', {XDG_CACHE_HOME: '/x'}, '/home/a/Library/Caches/tfjs-sts'],
    ['win32', {LOCALAPPDATA: 'D:\\local'}, 'D:\\local\\tfjs-sts'],
    ['win32', {}, '/home/a\\AppData\\Local\\tfjs-sts'],
    ['linux', {TFJS_STS_CACHE: 'here', XDG_CACHE_HOME: '/x'}, 'here'],
    ['win32', {TFJS_STS_CACHE: 'here', LOCALAPPDATA: 'D:\\local'}, 'here'],
  ])('on %s with %o', (platform, environment, folder) => {
    expect(defaultCacheFolder(platform, environment, '/home/a')).toBe(folder);
  });
});

describe('a place that holds nothing, such as a page without https', () => {
  it('has no cache by default, and refuses a named one', () => {
    vi.stubGlobal('process', undefined);
    try {
      expect(openCache(true)).toBeUndefined();
      expect(() => openCache('mine')).toThrow(UnavailableError);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('has none if none is wanted', () => {
    expect(openCache(false)).toBeUndefined();
  });
});
