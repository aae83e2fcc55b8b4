/** Entry "tfjs-sts/webgpu": registers the webgpu kernels of tfjs-sts. The only effect of importing it is that registration. */

export {};
