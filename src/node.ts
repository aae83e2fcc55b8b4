/** Entry "tfjs-sts/node": what needs Node itself, such as reading video through ffmpeg. */

export {};
