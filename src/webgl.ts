/** Entry "tfjs-sts/webgl": registers the webgl kernels of tfjs-sts. The only effect of importing it is that registration. */

export {};
