/**
 * A GPU device by itself: how many float32 operations and how many bytes a second small programs of its own reach. Layers are
 * compared with these, not with what a data sheet says.
 */

const THREADS = 256;

/** Eight sums of four numbers an invocation, each step a multiply-add of all of them. */
function fmaProgram(steps) {
  const sums = Array.from({length: 8}, (_, i) => i);
  return `
  @group(0) @binding(0) var<storage, read_write> result : array<vec4<f32>>;
  @compute @workgroup_size(${THREADS})
  fn main(@builtin(global_invocation_id) id : vec3<u32>) {
    let factor = vec4<f32>(1.0 - f32(id.x & 7u) * 1e-6);
    ${sums.map((i) => `var sum${i} = vec4<f32>(f32(id.x + ${i}u));`).join('\n')}
    for (var step = 0; step < ${steps}; step++) {
      ${sums.map((i) => `sum${i} = fma(sum${i}, factor, factor);`).join('\n')}
    }
    result[id.x] = ${sums.map((i) => `sum${i}`).join(' + ')};
  }`;
}

const COPY = `
  @group(0) @binding(0) var<storage, read_write> result : array<vec4<f32>>;
  @group(0) @binding(1) var<storage, read> source : array<vec4<f32>>;
  @compute @workgroup_size(${THREADS})
  fn main(@builtin(global_invocation_id) id : vec3<u32>) { result[id.x] = source[id.x]; }`;

/** @returns median seconds of a dispatch */
async function secondsOf(device, code, bytes, groups, rounds) {
  const module = device.createShaderModule({code});
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: {module, entryPoint: 'main'},
  });
  // STORAGE: the constant is no global of every environment.
  const buffers = bytes.map((size) => device.createBuffer({size, usage: 0x80}));
  const entries = buffers.map((buffer, binding) => ({binding, resource: {buffer}}));
  const bindGroup = device.createBindGroup({layout: pipeline.getBindGroupLayout(0), entries});
  const seconds = [];
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(groups);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    // The first one does not count.
    if (round > 0) seconds.push((performance.now() - start) / 1000);
  }
  for (const buffer of buffers) buffer.destroy();
  return median(seconds);
}

export function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}

/** What the device is and can do, and what it reaches: `gflops` and `gigabytes` a second. */
export async function measureDevice(device, {rounds, quick}) {
  const groups = quick ? 64 : 4096;
  const steps = quick ? 64 : 2048;
  const megabytes = quick ? 4 : 64;
  const fma = await secondsOf(device, fmaProgram(steps), [groups * THREADS * 16], groups, rounds);
  const bytes = megabytes * 2 ** 20;
  const copy = await secondsOf(device, COPY, [bytes, bytes], bytes / 16 / THREADS, rounds);
  return {
    features: [...device.features].sort(),
    limits: Object.fromEntries(
      [
        'maxBufferSize',
        'maxStorageBufferBindingSize',
        'maxComputeWorkgroupStorageSize',
        'maxComputeInvocationsPerWorkgroup',
      ].map((name) => [name, device.limits[name]]),
    ),
    gflops: (groups * THREADS * steps * 8 * 4 * 2) / fma / 1e9,
    gigabytes: (2 * bytes) / copy / 1e9,
  };
}
