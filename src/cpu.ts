/** Entry "tfjs-sts/cpu": registers the cpu kernels of tfjs-sts. The only effect of importing it is that registration. */

export {};
