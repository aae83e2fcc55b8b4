/** `tfjs-sts shots FILM`: where the shots of a film begin and end. Parses, has the film analysed, and prints. */
import {basename} from 'node:path';
import {analyze, type Timeline} from '../../timeline';
import type {Command} from '../command';
import {onePositional, parseCommand} from '../input/arguments';
import {
  COMPUTE_HELP,
  COMPUTE_OPTIONS,
  type ComputeChoice,
  computeChoice,
  type FilmTools,
  load,
  type Running,
  realTools,
  SHOT_MODEL,
  thresholdOf,
  untilTold,
} from '../input/film';
import {closingLine, filmProgress} from '../output/film_progress';
import {createProgress} from '../output/progress';
import {
  checkOutputs,
  isForProgram,
  OUTPUT_HELP,
  OUTPUT_OPTIONS,
  type OutputChoice,
  outputChoice,
  writeResult,
} from '../output/timeline_output';

interface ShotsOptions {
  readonly film: string;
  readonly threshold: number | undefined;
  readonly compute: ComputeChoice;
  readonly output: OutputChoice;
}

const HELP = `Finds the shots of a film: where each begins and ends, and whether it begins with a cut or a gradual transition.

usage: tfjs-sts shots FILM [options]

  FILM                  a file that ffmpeg reads, of any length; a name with a dash in front goes behind --

options:
${OUTPUT_HELP}  --threshold P         a shot ends where the network's probability exceeds it: more finds fewer (default 0.5)
${COMPUTE_HELP}
The JSON is {video, frameRate, frames, shots: [{startFrame, endFrame, start, end, confidence, transition}]}: frames from
0, both ends included; seconds from the start of the video, by the times at which its frames are shown.
`;

/** Options of a command line; undefined when only help is wanted. */
function parse(args: readonly string[]): ShotsOptions | undefined {
  const options = {...OUTPUT_OPTIONS, ...COMPUTE_OPTIONS, threshold: {type: 'string'}} as const;
  const {values, positionals} = parseCommand('shots', args, options);
  if (values.help) return undefined;
  return {
    film: onePositional('shots', 'FILM', positionals),
    threshold: thresholdOf(values.threshold),
    compute: computeChoice(values),
    output: outputChoice(values),
  };
}

/** The JSON that HELP promises. */
function shotsJson({video, shots}: Timeline, film: string): string {
  // To the microsecond: sums of ticks have more digits, which say nothing.
  const seconds = (value: number) => Number(value.toFixed(6));
  const lines = shots.map(({startFrame, endFrame, start, end, confidence, transition}) => {
    const times = {start: seconds(start), end: seconds(end)};
    return JSON.stringify({startFrame, endFrame, ...times, confidence: seconds(confidence), transition});
  });
  const {frameRate, frames} = video;
  const facts = JSON.stringify({video: film, frameRate, frames}).slice(0, -1);
  return `${facts},"shots":[\n${lines.map((line) => `  ${line}`).join(',\n')}\n]}\n`;
}

async function run({film, threshold, compute, output}: ShotsOptions, running: Running): Promise<void> {
  const {tools, progress, signal} = running;
  // First, so that a wrong path is said at once.
  const video = await tools.openVideo(film, {signal});
  try {
    await checkOutputs(output, film, video.info);
    const [network] = await load([SHOT_MODEL], compute, running);
    progress.stage(`looking for shots in ${film}`);
    const started = performance.now();
    const timeline = await analyze(video, {
      shots: {model: network!.model, ...(threshold !== undefined && {threshold})},
      name: basename(film),
      signal,
      onProgress: filmProgress(progress),
    });
    network!.model.dispose();
    const ended = performance.now();
    await writeResult({timeline, film, json: shotsJson(timeline, film)}, output, running);
    progress.finish(closingLine(timeline, (ended - started) / 1000));
  } finally {
    await video.close();
  }
}

/**
 * The command `shots`.
 *
 * @param tools default: the zoo, ffmpeg and the real backends.
 */
export function shotsCommand(tools: FilmTools = realTools): Command {
  return {
    summary: 'find the shots of a film',
    async run(args, io) {
      const options = parse(args);
      if (options === undefined) return void io.stdout.write(HELP);
      const progress = createProgress(io.stderr, isForProgram(options.output));
      await untilTold(io, progress, (signal) => run(options, {io, tools, progress, signal}));
    },
  };
}
