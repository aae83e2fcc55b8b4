/**
 * What draws and computes here: the graphics adapter behind WebGPU, the renderer behind WebGL, and whether either is a program on
 * the processor instead of a GPU. The host's backends start on both kinds alike, and say nothing.
 */

/** The parts of WebGPU that are used here: its types are no dependency of ours. */
export interface Gpu {
  requestAdapter(options: object): Promise<Adapter | null>;
}
interface Adapter {
  readonly info?: AdapterInfo;
  /** Where older browsers have it. */
  readonly isFallbackAdapter?: boolean;
}

/** As the driver names itself, such as 'nvidia', 'ampere', 'NVIDIA A10G'; each may be empty. */
export interface AdapterNames {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
}
interface AdapterInfo extends AdapterNames {
  readonly isFallbackAdapter?: boolean;
  /** Of Dawn. */
  readonly type?: string;
}

export interface Graphics {
  readonly name: string;
  /** Whether it is a program on the processor, right and slow, in place of a GPU. */
  readonly software: boolean;
}

export interface WebGPUGraphics extends Graphics, AdapterNames {}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|\bwarp\b/i;
const NO_NAMES: AdapterNames = {vendor: '', architecture: '', description: ''};

/** `navigator.gpu`, where there is one. */
export function webgpuHere(): Gpu | undefined {
  return (globalThis.navigator as {gpu?: Gpu} | undefined)?.gpu;
}

/** The adapter that the host's webgpu backend asks for; undefined where there is none. */
export async function webgpuGraphics(gpu = webgpuHere()): Promise<WebGPUGraphics | undefined> {
  const adapter = await gpu?.requestAdapter({powerPreference: 'high-performance'});
  if (adapter == null) return undefined;
  const info: AdapterInfo = adapter.info ?? NO_NAMES;
  const {vendor, architecture, description} = info;
  const names = [vendor, architecture, description].filter((text) => text).join(' ');
  const isFallback = info.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false;
  const software = isFallback || /^cpu$/i.test(info.type ?? '') || SOFTWARE.test(names);
  return {vendor, architecture, description, name: names || 'a graphics adapter without a name', software};
}

export interface WebGLGraphics extends Graphics {
  /** Whether it computes in float32; others round to half precision. */
  readonly float32: boolean;
}

/** The renderer of WebGL 2; undefined where there is none, such as in Node. */
export function webglGraphics(): WebGLGraphics | undefined {
  const gl = webgl2();
  if (gl === undefined) return undefined;
  // Firefox names the renderer without the extension, and warns of it.
  const unmasked = gl.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL;
  const name = String(gl.getParameter(unmasked ?? gl.RENDERER));
  const float32 = gl.getExtension('EXT_color_buffer_float') !== null;
  // Browsers allow a page few contexts at a time.
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  // A browser that hides the name still says whether it would be slow.
  const software = SOFTWARE.test(name) || webgl2({failIfMajorPerformanceCaveat: true}) === undefined;
  return {name, software, float32};
}

function webgl2(attributes: WebGLContextAttributes = {}): WebGL2RenderingContext | undefined {
  const canvas =
    typeof OffscreenCanvas !== 'undefined'
      ? new OffscreenCanvas(1, 1)
      : typeof document !== 'undefined'
        ? document.createElement('canvas')
        : undefined;
  return (canvas?.getContext('webgl2', attributes) as WebGL2RenderingContext | null) ?? undefined;
}
