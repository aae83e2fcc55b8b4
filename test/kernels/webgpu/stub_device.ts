/**
 * A device of Dawn that does nothing but count: networks at full size can be followed through the backend, call by call, where
 * running them would take minutes. No values come of it.
 */
export interface Counts {
  dispatches: number;
  /** Sizes of the buffers that dispatches were given. */
  bytes: number;
  pipelines: number;
  /** The texts of all programs. */
  readonly programs: string[];
}

type Method = (...args: never[]) => unknown;
interface Entry {
  resource: {buffer?: {size: number}};
}

/** Puts stubs in the place of the methods of the device's classes, for all that happens after; for a process of its own. */
export function stubDevice(): Counts {
  const counts: Counts = {dispatches: 0, bytes: 0, pipelines: 0, programs: []};
  const classes = globalThis as unknown as Record<string, {prototype: object}>;
  const replace = (name: string, methods: Record<string, Method>) =>
    Object.assign(classes[name]!.prototype, methods);
  let bound = 0;
  replace('GPUDevice', {
    createBuffer: ({size, usage}: {size: number; usage: number}) => stubBuffer(size, usage),
    createShaderModule: ({code}: {code: string}) => {
      counts.programs.push(code);
      return {};
    },
    createComputePipeline: () => {
      counts.pipelines++;
      return {getBindGroupLayout: () => ({})};
    },
    createBindGroup: ({entries}: {entries: Entry[]}) =>
      entries.reduce((sum, {resource}) => sum + (resource.buffer?.size ?? 0), 0),
    createCommandEncoder: () => ({
      beginComputePass: () => ({
        setPipeline: () => {},
        setBindGroup: (_: number, bytes: number) => {
          bound = bytes;
        },
        dispatchWorkgroups: () => {
          counts.dispatches++;
          counts.bytes += bound;
        },
        end: () => {},
      }),
      copyBufferToBuffer: () => {},
      finish: () => ({}),
    }),
  });
  replace('GPUQueue', {submit: () => {}, writeBuffer: () => {}});
  return counts;
}

/** A buffer by its class, for which the host asks, whose bytes are the same for all of a size. */
function stubBuffer(size: number, usage: number): object {
  const fields = {
    size,
    usage,
    mapState: 'unmapped',
    getMappedRange: () => memory(size),
    unmap: () => {},
    destroy: () => {},
  };
  const {prototype} = (globalThis as unknown as {GPUBuffer: {prototype: object}}).GPUBuffer;
  return Object.create(
    prototype,
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, {value}])),
  );
}

const memories = new Map<number, ArrayBuffer>();
function memory(size: number): ArrayBuffer {
  const known = memories.get(size) ?? new ArrayBuffer(size);
  memories.set(size, known);
  return known;
}
